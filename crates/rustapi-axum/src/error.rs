//! Turns errors into responses: one shape for all, and nothing internal in a 500.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use rustapi_core::{ApiError, IntoResponse, ResponseBody};
use serde::{Deserialize, Serialize};

const MASKED_TYPE: &str = "internal_error";
const MASKED_MESSAGE: &str = "An internal error occurred";

/// RustAPI's error shape, `{"error":{"type","message","fields"?},"error_id"}`, for plain axum handlers and middleware.
///
/// The error is logged once, by RustAPI, under the target `rustapi_core::error` with its `error_id` and internal details: a
/// 5xx as an error, a 4xx as a warning. A 500 shows its caller "An internal error occurred" and the `error_id`, whatever
/// `RUSTAPI_ENV` says; every other status shows its own message, so that a 503 can say what is missing.
pub fn error_response(error: ApiError) -> Response {
    let (status, error_type, message) = (error.status, error.error_type.clone(), error.message.clone());
    let response = error.into_response();
    let masked_by_framework = rustapi_core::get_environment().is_production() && status.is_server_error();
    if status != StatusCode::INTERNAL_SERVER_ERROR && !masked_by_framework {
        return response.map(Body::new);
    }
    let error_id = read_error_id(response.into_body()).unwrap_or_default();
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        shaped(status, MASKED_TYPE, MASKED_MESSAGE, &error_id)
    } else {
        shaped(status, &error_type, &message, &error_id)
    }
}

/// Passes a handler's response on, unless it is a 500: RustAPI shows what went wrong inside unless `RUSTAPI_ENV` is
/// `production`, which is not its default.
pub(crate) fn masked(response: rustapi_core::Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response.map(Body::new);
    }
    match read_error_id(response.into_body()) {
        // RustAPI has logged what it made of an `ApiError`.
        Some(error_id) => shaped(StatusCode::INTERNAL_SERVER_ERROR, MASKED_TYPE, MASKED_MESSAGE, &error_id),
        None => error_response(ApiError::internal("A handler answered 500 with a body of its own")),
    }
}

#[derive(Serialize)]
struct Shape<'a> {
    error: Detail<'a>,
    error_id: &'a str,
}

#[derive(Serialize)]
struct Detail<'a> {
    #[serde(rename = "type")]
    error_type: &'a str,
    message: &'a str,
}

fn shaped(status: StatusCode, error_type: &str, message: &str, error_id: &str) -> Response {
    let shape = Shape { error: Detail { error_type, message }, error_id };
    let body = serde_json::to_vec(&shape).expect("strings are serializable");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// RustAPI keeps the type of its error body private, so the id is read back from the JSON.
fn read_error_id(body: ResponseBody) -> Option<String> {
    #[derive(Deserialize)]
    struct Answered {
        error_id: String,
    }
    let ResponseBody::Full(full) = body else { return None };
    let answered: Answered = serde_json::from_slice(&full.into_inner()?).ok()?;
    Some(answered.error_id)
}
