//! Trace context in and out of headers: W3C first, B3 for callers that speak only that.
//!
//! The formats are OpenTelemetry's propagators'; what is ours is which of them wins and which are written.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry_propagator_b3::{B3Encoding, Propagator as B3Propagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;

const TRACESTATE: &str = "tracestate";

/// What the caller said about the trace.
#[derive(Clone, Debug)]
pub struct Parent {
    span: Option<SpanContext>,
    decision: Decision,
    b3: Option<B3>,
}

/// What the caller decided about recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Record.
    Record,
    /// Do not.
    Drop,
    /// It left that to us: it said nothing, or B3 without a flag.
    Open,
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
        if let Some(span) = w3c {
            let decision = if span.is_sampled() { Decision::Record } else { Decision::Drop };
            return Self { span: Some(span), decision, b3 };
        }
        let span = b3.and_then(|form| read(&form.propagator(), headers));
        let decision = b3.map_or(Decision::Open, |form| form.decision(headers));
        // The propagator keeps B3's own flags in bits that mean nothing in W3C.
        let flags = TraceFlags::default().with_sampled(decision == Decision::Record);
        let span = span.map(|span| SpanContext::new(span.trace_id(), span.span_id(), flags, true, TraceState::NONE));
        Self { span, decision, b3 }
    }

    /// The caller's span, when it named one.
    #[must_use]
    pub fn span(&self) -> Option<&SpanContext> {
        self.span.as_ref()
    }

    /// What the caller decided about recording.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
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
        let multiple = ["x-b3-traceid", "x-b3-sampled", "x-b3-flags"].iter().any(|name| headers.contains_key(*name));
        multiple.then_some(Self::Multiple)
    }

    /// `1` and `d` (debug) ask for recording, `0` refuses it, anything else leaves it open
    /// (<https://github.com/openzipkin/b3-propagation#sampling-state-1>).
    fn decision(self, headers: &HeaderMap) -> Decision {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let state = match self {
            Self::Single if !text("b3").contains('-') => text("b3"),
            Self::Single => text("b3").split('-').nth(2).unwrap_or_default(),
            Self::Multiple if text("x-b3-flags") == "1" => "d",
            Self::Multiple => text("x-b3-sampled"),
        };
        match state {
            "1" | "d" | "true" => Decision::Record,
            "0" | "false" => Decision::Drop,
            _ => Decision::Open,
        }
    }

    fn propagator(self) -> B3Propagator {
        B3Propagator::with_encoding(match self {
            Self::Single => B3Encoding::SingleHeader,
            Self::Multiple => B3Encoding::MultipleHeader,
        })
    }
}

/// Writes `span` as the parent of an outbound call. `open` leaves B3's flag out, where nobody has decided yet.
pub(super) fn inject(headers: &mut HeaderMap, span: SpanContext, b3: Option<B3>, open: bool) {
    match b3 {
        Some(B3::Single) => {
            let flag = if open {
                ""
            } else if span.is_sampled() {
                "-1"
            } else {
                "-0"
            };
            insert(headers, "b3", format!("{}-{}{flag}", span.trace_id(), span.span_id()));
        }
        Some(B3::Multiple) => {
            insert(headers, "x-b3-traceid", span.trace_id().to_string());
            insert(headers, "x-b3-spanid", span.span_id().to_string());
            if !open {
                insert(headers, "x-b3-sampled", u8::from(span.is_sampled()).to_string());
            }
        }
        None => {}
    }
    let context = opentelemetry::Context::new().with_remote_span_context(span);
    TraceContextPropagator::new().inject_context(&context, &mut Carrier(headers));
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: String) {
    let value = HeaderValue::try_from(value).expect("hexadecimal digits and dashes are a header value");
    headers.insert(name, value);
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
