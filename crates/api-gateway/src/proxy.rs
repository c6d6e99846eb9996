//! Passes a request on to one service, and its answer back.
//!
//! No retry, no second attempt, no choice of a target: that is the mesh's. What is passed on is a list, so that
//! cookies, tokens and hop-by-hop headers stay at the edge; the headers of the request's context are added by
//! the client.

use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use mesh_ready::{Call, Upstream};
use rustapi_core::{ApiError, FromRequest, Request};
use rustapi_openapi::{Operation, OperationModifier};

use crate::admission::Subject;
use crate::upstream_answer::{Failure, enveloped};

/// Where the proxied routes are. A service knows the same paths without it.
pub const PREFIX: &str = "/api";

const FORWARDED: [HeaderName; 3] = [ACCEPT, CONTENT_TYPE, HeaderName::from_static("idempotency-key")];

/// Tells a service whose request it is: the subject of the verified token, with what no header holds escaped. Services
/// believe it because the mesh lets nobody but the gateway call them with it.
const CALLER: HeaderName = HeaderName::from_static("x-caller");

/// What of a request reaches a service.
#[derive(Debug)]
pub struct Inbound {
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Asks `upstream` for the same thing. `route` is the path's template there.
pub async fn forward(upstream: &Upstream, method: Method, route: &'static str, inbound: Inbound) -> Response {
    let Inbound { target, headers, body } = inbound;
    let answer = upstream.send(Call { method, route, target: &target, headers, body }).await;
    answer
        .map_err(|error| Failure::without_answer(upstream.name(), error))
        .and_then(|answer| enveloped(upstream.name(), answer))
        .unwrap_or_else(Failure::into_answer)
}

impl FromRequest for Inbound {
    async fn from_request(request: &mut Request) -> Result<Self, ApiError> {
        let target = target(request.uri()).ok_or_else(|| ApiError::not_found("No route has this path"))?;
        let mut headers = forwarded(request.headers());
        if let Some(Subject(subject)) = request.extensions().get() {
            let caller = subject.escape_default().to_string();
            headers.insert(CALLER, HeaderValue::try_from(caller).expect("escaped text is visible ASCII"));
        }
        let body = request.take_body().unwrap_or_default();
        Ok(Self { target, headers, body })
    }
}

impl OperationModifier for Inbound {
    fn update_operation(_: &mut Operation) {}
}

/// The path and query for the service, percent signs as they came.
///
/// None when the path would mean another one to a URL parser: `..` and its encoded forms take a segment away,
/// and a backslash is a slash. `/api/users/..` must not become the service's `/`.
fn target(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_prefix(PREFIX)?;
    if path.contains('\\') || path.split('/').any(is_dot_segment) {
        return None;
    }
    Some(uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}")))
}

fn is_dot_segment(segment: &str) -> bool {
    [".", "%2e", "..", ".%2e", "%2e.", "%2e%2e"].iter().any(|dots| segment.eq_ignore_ascii_case(dots))
}

fn forwarded(headers: &HeaderMap) -> HeaderMap {
    // Six are what most requests carry in the end: the accepted type, host, user agent, request id, traceparent.
    let mut kept = HeaderMap::with_capacity(6);
    for name in &FORWARDED {
        for value in headers.get_all(name) {
            kept.append(name, value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_its_encoding_and_never_leaves_its_path() {
        let cases = [
            ("/api/users", Some("/users")),
            ("/api/users?after=1&limit=%20", Some("/users?after=1&limit=%20")),
            ("/api/users/a%2Fb%20c", Some("/users/a%2Fb%20c")),
            ("/api/users/..%2f", Some("/users/..%2f")),
            ("/api/users/...", Some("/users/...")),
            ("/api/users/..", None),
            ("/api/users/%2e%2E", None),
            ("/api/orders/%2e./pay", None),
            ("/api/orders/./pay", None),
            ("/api/users/1\\..\\..", None),
            ("/users", None),
        ];
        for (uri, expected) in cases {
            assert_eq!(target(&Uri::from_static(uri)).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn only_the_listed_headers_are_passed_on() {
        let mut headers = HeaderMap::new();
        for name in ["accept", "cookie", "authorization", "connection", "te", "host", "idempotency-key", "x-user"] {
            headers.insert(HeaderName::from_static(name), http::HeaderValue::from_static("x"));
        }
        let mut names: Vec<_> = forwarded(&headers).keys().map(ToString::to_string).collect();
        names.sort();
        assert_eq!(names, ["accept", "idempotency-key"]);
    }
}
