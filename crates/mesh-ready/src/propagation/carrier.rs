//! Trace context in and out of headers: W3C first, B3 for callers that speak only that.
//!
//! The formats are read by OpenTelemetry's propagators; what is ours is which of them wins, and what is written.

use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use opentelemetry_propagator_b3::{B3Encoding, Propagator as B3Propagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;

pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(super) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const B3_SINGLE: HeaderName = HeaderName::from_static("b3");
const B3_MULTIPLE: [HeaderName; 3] = [
    HeaderName::from_static("x-b3-traceid"),
    HeaderName::from_static("x-b3-sampled"),
    HeaderName::from_static("x-b3-flags"),
];
const DIGITS: &[u8; 16] = b"0123456789abcdef";

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
        let w3c = headers.contains_key(TRACEPARENT).then(|| read(&TraceContextPropagator::new(), headers)).flatten();
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
        if headers.contains_key(B3_SINGLE) {
            return Some(Self::Single);
        }
        B3_MULTIPLE.iter().any(|name| headers.contains_key(name)).then_some(Self::Multiple)
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
pub(super) fn inject(
    headers: &mut HeaderMap,
    span: &SpanContext,
    traceparent: HeaderValue,
    b3: Option<B3>,
    open: bool,
) {
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
    headers.insert(TRACEPARENT, traceparent);
    // The specification has no header for "no state".
    let state = span.trace_state().header();
    if let (false, Ok(state)) = (state.is_empty(), HeaderValue::try_from(state)) {
        headers.insert(TRACESTATE, state);
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: String) {
    let value = HeaderValue::try_from(value).expect("hexadecimal digits and dashes are a header value");
    headers.insert(name, value);
}

/// `00-<trace id>-<span id>-<flags>`.
pub(super) fn traceparent(span: &SpanContext) -> HeaderValue {
    let mut text = Vec::with_capacity(55);
    for (separator, bytes) in [
        (b"00-".as_slice(), span.trace_id().to_bytes().as_slice()),
        (b"-", &span.span_id().to_bytes()),
        (b"-", &[span.trace_flags().to_u8()]),
    ] {
        text.extend_from_slice(separator);
        text.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])));
    }
    HeaderValue::from_maybe_shared(Bytes::from(text)).expect("hexadecimal digits and dashes are a header value")
}

/// The trace id in a value that [`traceparent`] has made.
pub(super) fn trace_id(traceparent: &HeaderValue) -> &str {
    text(traceparent, 3..35)
}

/// The span id in a value that [`traceparent`] has made.
pub(super) fn span_id(traceparent: &HeaderValue) -> &str {
    text(traceparent, 36..52)
}

fn text(value: &HeaderValue, place: Range<usize>) -> &str {
    value.as_bytes().get(place).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default()
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
