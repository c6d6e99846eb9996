//! Lets a RustAPI handler give an answer that was made by hand.

use axum::response::Response;
use http_body_util::BodyExt;
use rustapi_core::{ApiError, IntoResponse, ResponseBody};
use rustapi_openapi::{Operation, ResponseModifier};

/// A finished answer. RustAPI documents nothing about it.
#[derive(Debug)]
pub struct Reply(pub Response);

impl IntoResponse for Reply {
    fn into_response(self) -> rustapi_core::Response {
        let broken = |_| ApiError::internal("the body of an answer could not be read");
        self.0.map(|body| ResponseBody::Streaming(Box::pin(body.map_err(broken))))
    }
}

impl ResponseModifier for Reply {
    fn update_response(_: &mut Operation) {}
}
