//! Trace context in and out of headers: W3C first, B3 for callers that speak only that.
//!
//! The formats are OpenTelemetry's propagators'; what is ours is which of them wins and which are written.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_propagator_b3::{B3Encoding, Propagator as B3Propagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;

const TRACESTATE: &str = "tracestate";

/// What the caller said about the trace.
#[derive(Clone, Debug)]
pub struct Parent {
    span: Option<SpanContext>,
    b3: Option<B3>,
    /// B3 lets a caller refuse sampling without naming a trace (`b3: 0`).
    denied: bool,
}

/// The form in which B3 was received, and so is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum B3 {
    /// One header `b3`.
    Single,
    /// The headers `x-b3-traceid`, `x-b3-spanid`, `x-b3-sampled`.
    Multiple,
}

impl Parent {
    /// Reads the trace headers. W3C wins over B3; a malformed header counts as absent.
    #[must_use]
    pub fn extract(headers: &HeaderMap) -> Self {
        let b3 = B3::received(headers);
        let w3c = headers.contains_key("traceparent").then(|| read(&TraceContextPropagator::new(), headers)).flatten();
        let span = w3c.or_else(|| b3.and_then(|form| read(&form.propagator(), headers)));
        let refusal = |name: &str| headers.get(name).is_some_and(|value| value == "0" || value == "false");
        let denied = span.is_none() && (refusal("b3") || refusal("x-b3-sampled"));
        Self { span, b3, denied }
    }

    /// The caller's span, when it named one.
    #[must_use]
    pub fn span(&self) -> Option<&SpanContext> {
        self.span.as_ref()
    }

    /// Whether the caller refused sampling without naming a span.
    #[must_use]
    pub fn denied(&self) -> bool {
        self.denied
    }

    pub(super) fn b3(&self) -> Option<B3> {
        self.b3
    }
}

impl B3 {
    fn received(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key("b3") {
            return Some(Self::Single);
        }
        let multiple = headers.contains_key("x-b3-traceid") || headers.contains_key("x-b3-sampled");
        multiple.then_some(Self::Multiple)
    }

    fn propagator(self) -> B3Propagator {
        B3Propagator::with_encoding(match self {
            Self::Single => B3Encoding::SingleHeader,
            Self::Multiple => B3Encoding::MultipleHeader,
        })
    }
}

/// Writes `span` as the parent of an outbound call.
pub(super) fn inject(headers: &mut HeaderMap, span: SpanContext, b3: Option<B3>) {
    let context = opentelemetry::Context::new().with_remote_span_context(span);
    if b3 == Some(B3::Single) {
        headers.insert("b3", single(context.span().span_context()));
    }
    let mut carrier = Carrier(headers);
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    if b3 == Some(B3::Multiple) {
        B3::Multiple.propagator().inject_context(&context, &mut carrier);
    }
}

/// The propagator writes the multiple form beside the single one, so this one is written here
/// (<https://github.com/openzipkin/b3-propagation#single-header>).
fn single(span: &SpanContext) -> HeaderValue {
    let text = format!("{}-{}-{}", span.trace_id(), span.span_id(), u8::from(span.is_sampled()));
    HeaderValue::try_from(text).expect("hexadecimal digits and dashes are a header value")
}

/// `00-<trace id>-<span id>-<flags>`.
pub(super) fn traceparent(span: &SpanContext) -> HeaderValue {
    let text = format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), span.trace_flags().to_u8());
    HeaderValue::try_from(text).expect("hexadecimal digits and dashes are a header value")
}

fn read(propagator: &dyn TextMapPropagator, headers: &HeaderMap) -> Option<SpanContext> {
    let context = propagator.extract_with_context(&opentelemetry::Context::new(), &Carrier(headers));
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

struct Carrier<H>(H);

impl Extractor for Carrier<&HeaderMap> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

impl Injector for Carrier<&mut HeaderMap> {
    fn set(&mut self, key: &str, value: String) {
        // The propagator writes an empty `tracestate`; the specification has none for "no state".
        if key == TRACESTATE && value.is_empty() {
            return;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
