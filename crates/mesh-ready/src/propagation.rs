//! Which headers pass from an inbound request to the outbound calls made for it.
//!
//! A sidecar sees both requests and cannot know that they belong together; only the process can. The rule is
//! one list, here, and no handler touches a header: [`crate::edge`] puts a [`Context`] around each request
//! and [`crate::client`] reads it.
//!
//! | header | what happens to it |
//! |---|---|
//! | `traceparent`, `tracestate` | continued, also when nobody records (flags `00`) |
//! | `b3` or `x-b3-*` | read when `traceparent` is absent, written in the form received |
//! | `baggage`, `x-canary` | passed on as they are |
//! | `x-request-id` | passed on, made when absent |

mod carrier;

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

pub use carrier::{Decision, Parent};

/// The header by which a caller asks for a release: `x-canary: v2`. The mesh routes by it.
pub const CANARY: HeaderName = HeaderName::from_static("x-canary");
/// The header that names a request in the logs of all processes.
pub const REQUEST_ID: &str = "x-request-id";

/// Passed on as they came. Trace headers are continued rather than copied, see [`Parent`].
const CARRIED: [HeaderName; 2] = [BAGGAGE, CANARY];
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
pub(crate) const REQUEST_ID_NAME: HeaderName = HeaderName::from_static(REQUEST_ID);
const REQUEST_ID_LIMIT: usize = 128;

tokio::task_local! {
    static CURRENT: Context;
}

/// What the current request carries. A clone is a pointer.
#[derive(Clone, Debug)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    span: SpanContext,
    /// Written once: the answer, the log and most calls show the same ids.
    traceparent: HeaderValue,
    recording: bool,
    b3: Option<carrier::B3>,
    /// Nobody has decided about recording yet, and B3 can say so.
    open: bool,
    request_id: HeaderValue,
    carried: Vec<(HeaderName, HeaderValue)>,
    answered_by: Mutex<Vec<HeaderValue>>,
}

/// The context of the request that this task serves; `None` outside a request.
#[must_use]
pub fn current() -> Option<Context> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Makes one line of a header that came in several, where the header is a list; a `traceparent` in several lines
/// means nothing and goes (<https://www.w3.org/TR/trace-context/#tracestate-header>).
pub fn fold(headers: &mut HeaderMap) {
    if headers.len() == headers.keys_len() {
        return;
    }
    for name in [carrier::TRACESTATE, BAGGAGE] {
        if headers.get_all(&name).iter().nth(1).is_some() {
            let lines: Vec<&[u8]> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
            if let Ok(line) = HeaderValue::from_bytes(&lines.join(&b","[..])) {
                headers.insert(name, line);
            }
        }
    }
    if headers.get_all(carrier::TRACEPARENT).iter().nth(1).is_some() {
        headers.remove(carrier::TRACEPARENT);
    }
}

/// Runs `future` as part of the request that `context` describes.
pub async fn scope<F: Future>(context: Context, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// A span context for a request that came without one and is not recorded here: logs and callees still share its id.
/// A caller that asked for recording is still heard by the callees.
#[must_use]
pub fn unrecorded_root(decision: Decision) -> SpanContext {
    let (trace, span) = (TraceId::from(rand::random::<u128>()), SpanId::from(rand::random::<u64>()));
    let flags = TraceFlags::default().with_sampled(decision == Decision::Record);
    SpanContext::new(trace, span, flags, false, TraceState::NONE)
}

impl Context {
    /// The context of a request with these headers, served under `span`; `recording` if this process
    /// exports that span.
    #[must_use]
    pub fn admit(headers: &HeaderMap, parent: &Parent, span: SpanContext, recording: bool) -> Self {
        let carry = |name: &HeaderName| headers.get(name).map(|value| (name.clone(), value.clone()));
        Self(Arc::new(Inner {
            traceparent: carrier::traceparent(&span),
            span,
            recording,
            b3: parent.b3(),
            open: parent.decision() == Decision::Open && !recording,
            request_id: request_id(headers),
            carried: CARRIED.iter().filter_map(carry).collect(),
            answered_by: Mutex::default(),
        }))
    }

    /// Adds to `headers` all that an outbound call carries; its parent is `span`, or else the inbound span.
    pub fn inject(&self, headers: &mut HeaderMap, span: Option<SpanContext>) {
        for (name, value) in &self.0.carried {
            headers.insert(name.clone(), value.clone());
        }
        headers.insert(REQUEST_ID_NAME, self.0.request_id.clone());
        let traceparent = span.as_ref().map_or_else(|| self.0.traceparent.clone(), carrier::traceparent);
        carrier::inject(headers, span.as_ref().unwrap_or(&self.0.span), traceparent, self.0.b3, self.0.open);
    }

    /// The W3C trace id, 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        carrier::trace_id(&self.0.traceparent)
    }

    /// The id of the span that serves the request, or of the caller's when this process does not record.
    #[must_use]
    pub fn span_id(&self) -> &str {
        carrier::span_id(&self.0.traceparent)
    }

    /// The value of `x-request-id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.0.request_id.to_str().unwrap_or_default()
    }

    /// The value of `x-request-id`, ready for an answer.
    #[must_use]
    pub fn request_id_value(&self) -> HeaderValue {
        self.0.request_id.clone()
    }

    /// The value of `traceresponse`, by which a caller learns the trace id
    /// (W3C Trace Context Level 2, a draft: <https://w3c.github.io/trace-context/#traceresponse-header>).
    #[must_use]
    pub fn trace_response(&self) -> HeaderValue {
        self.0.traceparent.clone()
    }

    /// Whether this process records the request; spans of a request that is not recorded are not made.
    #[must_use]
    pub fn sampled(&self) -> bool {
        self.0.recording
    }

    /// The trace of a request that this process records.
    #[must_use]
    pub fn recorded(&self) -> Option<TraceId> {
        self.sampled().then(|| self.0.span.trace_id())
    }

    /// Notes which processes answered a call made for this request, for `x-served-by`.
    pub fn answered_by(&self, hops: HeaderValue) {
        self.0.answered_by.lock().unwrap_or_else(PoisonError::into_inner).push(hops);
    }

    /// All hops of this request: those that answered its calls, then this process.
    #[must_use]
    pub fn served_by(&self, own: &HeaderValue) -> HeaderValue {
        let hops = self.0.answered_by.lock().unwrap_or_else(PoisonError::into_inner);
        if hops.is_empty() {
            return own.clone();
        }
        let all: Vec<&[u8]> = hops.iter().chain([own]).map(HeaderValue::as_bytes).collect();
        HeaderValue::from_bytes(&all.join(&b", "[..])).unwrap_or_else(|_| own.clone())
    }
}

/// The caller's id when it is one that logs and headers can hold, else a new one: a version 4 UUID, because
/// Envoy reads its own sampling decision out of a UUID and takes no decision from version 4
/// (<https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-request-id>).
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let usable = |value: &&HeaderValue| (1..=REQUEST_ID_LIMIT).contains(&value.len()) && value.to_str().is_ok();
    headers.get(REQUEST_ID_NAME).filter(usable).cloned().unwrap_or_else(|| {
        // The generator of this thread: asking the kernel for random bits would be a system call a request.
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let text = id.hyphenated().encode_lower(&mut [0; 36]).as_bytes().to_vec();
        HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).expect("hexadecimal digits are a header value")
    })
}

#[cfg(test)]
mod tests;
