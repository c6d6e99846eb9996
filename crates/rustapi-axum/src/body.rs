//! Reads a request body: whole, bounded in size and time, and JSON unless the handler says otherwise.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, EXPECT};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rustapi_core::ApiError;

/// How much of a body that is too large is still read and thrown away. A caller that is cut off while it writes sees a reset
/// connection and never reads the 413.
const DISCARDED_BYTES: u64 = 8 * 1024 * 1024;

pub(crate) struct Limits {
    pub(crate) bytes: usize,
    pub(crate) timeout: Duration,
}

/// RustAPI's own limit looks at `content-length` only, so a chunked body passes it; and it waits for a body for ever.
pub(crate) async fn read(body: Body, headers: &HeaderMap, limits: &Limits) -> Result<Bytes, ApiError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = body.size_hint().lower();
    let too_large = announced > limits.bytes as u64;
    // Who waits to be asked for the body has not begun to write it.
    if too_large && (headers.contains_key(EXPECT) || announced > DISCARDED_BYTES) {
        return Err(body_too_large(limits));
    }
    tokio::time::timeout(limits.timeout, collect(body, limits)).await.unwrap_or_else(|_| Err(body_too_slow(limits)))
}

/// RustAPI's `Json` takes any content type, and with it what a foreign web page can send without a preflight.
pub(crate) fn must_be_json(body: &Bytes, headers: &HeaderMap) -> Result<(), ApiError> {
    if body.is_empty() || is_json(headers) {
        return Ok(());
    }
    let message = "Send the body as JSON, with the header `content-type: application/json`";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message))
}

async fn collect(mut body: Body, limits: &Limits) -> Result<Bytes, ApiError> {
    match Limited::new(&mut body, limits.bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(body).await;
            Err(body_too_large(limits))
        }
        Err(_) => Err(ApiError::bad_request("The request body ended before it was complete")),
    }
}

async fn discard(mut body: Body) {
    let mut left = DISCARDED_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len) as u64;
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(content_type)) = headers.get(CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let essence = content_type.split(';').next().unwrap_or_default().trim().as_bytes();
    let suffix = &essence[essence.len().saturating_sub("+json".len())..];
    essence.eq_ignore_ascii_case(b"application/json") || suffix.eq_ignore_ascii_case(b"+json")
}

fn body_too_large(limits: &Limits) -> ApiError {
    let message = format!("The request body is larger than {} bytes", limits.bytes);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
}

fn body_too_slow(limits: &Limits) -> ApiError {
    let message = format!("The request body did not arrive within {:?}", limits.timeout);
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", message)
}
