//! What surrounds a request when there are more than the process takes.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use mesh_ready::Identity;
use mesh_ready::crowd::Crowd;
use mesh_ready::edge::Edge;
use mesh_ready::faults::Faults;
use mesh_ready::logs::{Log, Sink, Style};
use mesh_ready::metrics::Requests;
use mesh_ready::trace::Sampling;
use tokio::sync::Notify;
use tower::ServiceExt;

fn around(app: Router, limit: usize) -> Router {
    let identity = Identity { service: "probe", version: "v1".to_owned(), pod: "a".to_owned() };
    let log = Log::new(Sink::to(io::sink()), Style::Json, &identity);
    Edge::new(&identity, Sampling::new(None), log, Crowd::of(limit), Faults::default(), None)
        .around(app, &Requests::default())
}

async fn ask(app: &Router) -> http::Response<Body> {
    let request = Request::get("/").header("host", "probe").body(Body::empty()).expect("a request");
    app.clone().oneshot(request).await.expect("an answer")
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_at_once_and_only_as_long() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, left) = (Arc::clone(&entered), Arc::clone(&leave));
    let gate = get(async move || {
        enter.notify_one();
        left.notified().await;
    });
    let app = around(Router::new().route("/", gate), 1);
    let first = tokio::spawn({
        let app = app.clone();
        async move { ask(&app).await }
    });
    entered.notified().await;

    let refused = ask(&app).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().expect("a value")));
    assert!(refused.headers().contains_key("x-request-id"), "it is found in the log like any other");

    leave.notify_one();
    assert_eq!(first.await.expect("no panic").status(), 200);
    leave.notify_one();
    assert_eq!(ask(&app).await.status(), 200, "the place is free again");
}
