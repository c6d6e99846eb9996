//! The shape of an error that a process answers before any of its routes: the same as RustAPI's.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

/// An answer `{"error":{"type","message"},"error_id"}`.
pub(crate) fn response(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = serde_json::json!({
        "error": { "type": kind, "message": message },
        "error_id": format!("err_{}", uuid::Uuid::new_v4().simple()),
    });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
