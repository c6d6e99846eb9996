//! What does the gateway make of a service's answer, or of the lack of one?
//!
//! Between the gateway and a service stand two sidecars that answer for it: 403 and 429 in plain text, 503 with
//! Envoy's words. Callers get what the service said in the shapes they know, and nothing else: no address, no
//! text that was written for operators.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use contracts::Problem;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mesh_ready::UpstreamError;
use rustapi_core::{ApiError, IntoResponse};
use rustapi_openapi::{Operation, ResponseModifier};

use crate::envelope;
use crate::reply::Reply;

/// Whether a header says what it should.
type Says = fn(&str) -> bool;

/// What of a service's answer its caller can use, if it says what such a header says. Everything else describes the hop
/// behind the gateway.
const PASSED: [(HeaderName, Says); 3] = [
    (RETRY_AFTER, |seconds| seconds.parse::<u32>().is_ok()),
    (HeaderName::from_static("idempotency-replayed"), |flag| flag == "true"),
    (HeaderName::from_static("x-fault-injected"), is_fault),
];

/// How many headers an answer has by the time it leaves: about so many.
const HEADERS: usize = 12;

/// Headers for the caller; a list, because they are few and a [`HeaderMap`] is large.
type Passed = Vec<(HeaderName, HeaderValue)>;

/// A service did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The service itself says why, in the one error shape.
    Explained {
        /// 4xx.
        status: StatusCode,
        /// Passed to the caller.
        headers: Passed,
        /// The service's words, in the fields of the one shape and no others.
        problem: Problem,
    },
    /// All that a caller can be told is which service, and whether to try again.
    Unexplained {
        /// 4xx, 502, 503 or 504.
        status: StatusCode,
        /// Passed to the caller.
        headers: Passed,
        /// Which service.
        service: &'static str,
    },
}

/// Puts a good answer into the envelope.
///
/// # Errors
/// Any other answer, also a good one that holds no JSON.
pub fn enveloped(service: &'static str, answer: http::Response<Bytes>) -> Result<Response, Failure> {
    let (parts, body) = answer.into_parts();
    // With room for what the edge adds, so that the map does not grow twice.
    let mut headers = HeaderMap::with_capacity(HEADERS);
    headers.extend(passed(&parts.headers));
    let content = match parts.status {
        StatusCode::NO_CONTENT => Body::empty(),
        status if status.is_success() => {
            let json = is_json(&parts.headers).then(|| envelope::wrap(service, &body).ok()).flatten();
            let Some(json) = json else { return Err(Failure::unusable(service)) };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Body::from(json)
        }
        status => return Err(Failure::answered(service, status, &parts.headers, body)),
    };
    Ok(answer_with(parts.status, headers, content))
}

impl Failure {
    /// No answer came, or one that the client library has refused.
    pub fn without_answer(service: &'static str, error: UpstreamError) -> Self {
        match error {
            UpstreamError::Status { status, body, .. } => Self::answered(service, status, &HeaderMap::new(), body),
            error => Self::Unexplained { status: error.status(), headers: Passed::new(), service },
        }
    }

    /// The answer for the caller.
    pub fn into_answer(self) -> Response {
        match self {
            Self::Explained { status, headers, problem } => {
                let mut headers = HeaderMap::from_iter(headers);
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let body = serde_json::to_vec(&problem).expect("texts can be written as JSON");
                answer_with(status, headers, Body::from(body))
            }
            Self::Unexplained { status, headers, service } => {
                let mut answer =
                    rustapi_axum::error_response(ApiError::new(status, word(status), message(service, status)));
                answer.headers_mut().extend(headers);
                answer
            }
        }
    }

    /// An answer that is no success. 5xx become 502, for it is the gateway that speaks to the caller; 503 and 504
    /// stay, because they say when to try again. A redirect is no answer either: services give none.
    fn answered(service: &'static str, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Self {
        let headers = passed(headers);
        // A 401 would ask the caller for a token that only the gateway can want.
        let callers_fault = status.is_client_error() && status != StatusCode::UNAUTHORIZED;
        if let (true, Ok(problem)) = (callers_fault, serde_json::from_slice(&body)) {
            return Self::Explained { status, headers, problem };
        }
        let kept = callers_fault || matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT);
        Self::Unexplained { status: if kept { status } else { StatusCode::BAD_GATEWAY }, headers, service }
    }

    fn unusable(service: &'static str) -> Self {
        tracing::warn!(upstream = service, "{service} answered with success but without JSON");
        Self::Unexplained { status: StatusCode::BAD_GATEWAY, headers: Passed::new(), service }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> rustapi_core::Response {
        Reply(self.into_answer()).into_response()
    }
}

impl ResponseModifier for Failure {
    fn update_response(_: &mut Operation) {}
}

fn passed(headers: &HeaderMap) -> Passed {
    let pick = |(name, says): &(HeaderName, Says)| {
        let value = headers.get(name).filter(|value| value.to_str().is_ok_and(says))?;
        Some((name.clone(), value.clone()))
    };
    PASSED.iter().filter_map(pick).collect()
}

/// `latency=150ms`, `status=503`, or both.
fn is_fault(text: &str) -> bool {
    let words = |part: &str| part.starts_with("latency=") || part.starts_with("status=");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '=';
    text.split(", ").all(|part| words(part) && part.chars().all(plain))
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn answer_with(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}

fn message(service: &str, status: StatusCode) -> String {
    match status {
        StatusCode::BAD_GATEWAY => format!("{service} gave no usable answer"),
        StatusCode::SERVICE_UNAVAILABLE => format!("{service} is not available at the moment"),
        StatusCode::GATEWAY_TIMEOUT => format!("{service} did not answer in time"),
        StatusCode::TOO_MANY_REQUESTS => format!("{service} takes no more requests at the moment"),
        _ => format!("{service} refused this request"),
    }
}

/// The status' name as RustAPI writes types: `bad_gateway`.
fn word(status: StatusCode) -> String {
    let name = status.canonical_reason().unwrap_or("refused");
    name.to_ascii_lowercase().replace([' ', '-', '\''], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_that_say_what_they_should_are_passed_on() {
        let cases = [
            ("retry-after", "3", true),
            ("retry-after", "at 10.0.0.7", false),
            ("idempotency-replayed", "true", true),
            ("idempotency-replayed", "by 10.0.0.7", false),
            ("x-fault-injected", "latency=150ms, status=503", true),
            ("x-fault-injected", "status=503 10.0.0.7", false),
            ("server", "secret", false),
        ];
        for (name, value, expected) in cases {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            assert_eq!(!passed(&headers).is_empty(), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_problem_is_passed_on_without_what_the_shape_has_no_field_for() {
        let body = r#"{"error":{"type":"t","message":"m","stack":"secret"},"error_id":"e","internal":"10.0.0.7"}"#;
        let failure = Failure::answered("user-service", StatusCode::CONFLICT, &HeaderMap::new(), Bytes::from(body));
        let Failure::Explained { problem, .. } = failure else { panic!("it is in the shape") };
        let text = serde_json::to_string(&problem).expect("JSON");
        assert_eq!(text, r#"{"error":{"type":"t","message":"m"},"error_id":"e"}"#);
    }

    #[test]
    fn only_a_problem_of_the_service_is_passed_on() {
        let problem = r#"{"error":{"type":"not_found","message":"no user 9"},"error_id":"err_1"}"#;
        let cases = [
            (404, problem, 404, true),
            (404, "no healthy upstream", 404, false),
            (403, "RBAC: access denied", 403, false),
            (429, r#"{"message":"local_rate_limited"}"#, 429, false),
            (500, problem, 502, false),
            (501, "", 502, false),
            (503, problem, 503, false),
            (504, "", 504, false),
            (302, "", 502, false),
            (304, "", 502, false),
            (401, problem, 502, false),
            (599, "", 502, false),
        ];
        for (status, body, expected, explained) in cases {
            let upstream = StatusCode::from_u16(status).expect("a status");
            let failure = Failure::answered("user-service", upstream, &HeaderMap::new(), Bytes::from(body));
            assert_eq!(matches!(failure, Failure::Explained { .. }), explained, "{status} {body}");
            assert_eq!(failure.into_answer().status().as_u16(), expected, "{status} {body}");
        }
    }
}
