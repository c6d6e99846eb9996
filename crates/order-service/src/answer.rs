//! An order in an answer whose bytes are kept, so that a repeated request can be given the same ones.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, StatusCode};
use rustapi_openapi::{OpenApiSpec, Operation, ResponseModifier};
use rustapi_rs::{IntoResponse, Response, ResponseBody, WithStatus};

use contracts::Order;

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The answer to a request that changes an order; `STATUS` is what the documentation promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<const STATUS: u16> {
    /// An order as JSON.
    pub(crate) body: String,
    /// Whether this is the answer to an earlier request with the same key.
    pub(crate) replayed: bool,
}

impl<const STATUS: u16> IntoResponse for Answer<STATUS> {
    fn into_response(self) -> Response {
        let mut response = Response::new(ResponseBody::from(self.body));
        *response.status_mut() = StatusCode::from_u16(STATUS).expect("200 and 201 are statuses");
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

impl<const STATUS: u16> ResponseModifier for Answer<STATUS> {
    fn update_response(operation: &mut Operation) {
        WithStatus::<Order, STATUS>::update_response(operation);
        let Some(response) = operation.responses.get_mut(&STATUS.to_string()) else { return };
        response.description = "The order".to_owned();
        // A header's type has no public name, but can be read from JSON.
        let header = serde_json::from_value(serde_json::json!({
            "description": "`true` when an earlier request with this Idempotency-Key was answered so",
            "schema": { "type": "string" },
        }));
        response.headers.insert(REPLAYED.to_string(), header.expect("this is a header"));
    }

    fn register_components(spec: &mut OpenApiSpec) {
        WithStatus::<Order, STATUS>::register_components(spec);
    }
}
