//! What callers see of an error, and what the log gets.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use rustapi_axum::error_response;
use rustapi_rs::ApiError;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::app::{answer, assert_error_shape, check, request, send};

/// Keeps the fields of every event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} ", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().expect("no test panics with the lock").push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Sends a request and gives its body and the lines that it made the program log.
async fn logged(path: &str) -> (String, Vec<String>) {
    let lines = Lines::default();
    let guard = tracing::subscriber::set_default(lines.clone());
    let body = send(request("GET", path, "", "")).await.body;
    drop(guard);
    let lines = lines.0.lock().expect("no test panics with the lock").clone();
    (body, lines)
}

#[tokio::test]
async fn a_500_shows_nothing_and_logs_everything_once() {
    for (path, logs) in [
        ("/fails/500", &["the password is hunter2", "inner cause"][..]),
        ("/panics", &["A handler panicked: the password is hunter2"]),
        ("/fails-by-hand", &["a body of its own"]),
        ("/mistake/1/2", &["the route has 2 parameters, the handler takes 1"]),
    ] {
        let (body, lines) = logged(path).await;
        assert_error_shape(&body, path);
        let shape: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            shape["error"],
            serde_json::json!({"type": "internal_error", "message": "An internal error occurred"})
        );
        assert_eq!(lines.len(), 1, "{path}: {lines:#?}");
        let error_id = shape["error_id"].as_str().expect("text");
        for text in logs.iter().chain([&error_id, &"ERROR"]) {
            assert!(lines[0].contains(text), "{path}: `{text}` is not in `{}`", lines[0]);
        }
    }
}

#[tokio::test]
async fn other_errors_show_their_message_and_hide_their_details() {
    for status in [400, 404, 409, 429, 501, 502, 503, 504] {
        let (body, lines) = logged(&format!("/fails/{status}")).await;
        assert!(body.contains("hunter2") && !body.contains("inner cause"), "{status}: {body}");
        assert_eq!(lines.len(), 1, "{status}: {lines:#?}");
    }
}

#[tokio::test]
async fn a_panic_is_one_answer_and_the_next_request_is_served() {
    check(request("GET", "/panics", "", ""), 500, "An internal error occurred").await;
    check(request("GET", "/notes", "", ""), 200, "").await;
}

#[tokio::test]
async fn axum_handlers_can_answer_in_the_same_shape() {
    let down = answer(error_response(ApiError::service_unavailable("user-service is unreachable"))).await;
    assert_eq!(down.status, 503);
    assert!(down.body.contains("user-service is unreachable"), "{}", down.body);
    let internal = answer(error_response(ApiError::internal("the password is hunter2"))).await;
    assert_eq!(internal.status, 500);
    assert!(internal.body.contains("An internal error occurred") && !internal.body.contains("hunter2"));
    assert_error_shape(&internal.body, "error_response");
}
