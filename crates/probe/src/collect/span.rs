//! A span, as it is read back: OTLP's, with texts for ids and names for numbers.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{Span as Sent, span::SpanKind, status::StatusCode},
};
use serde::{Deserialize, Serialize};

/// A span and where it came from.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Span {
    /// `service.name` of its resource.
    pub service: String,
    /// `service.version` of its resource; proxies have none.
    pub version: String,
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits, or empty for a root.
    pub parent_id: String,
    /// Its name.
    pub name: String,
    /// Which side of a call it is.
    pub kind: Kind,
    /// How it went, if it says so.
    pub status: Status,
    /// When it began, in nanoseconds since 1970.
    pub start_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// Its attributes as text; lists and maps are left out.
    pub attributes: BTreeMap<String, String>,
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It does not say.
    #[default]
    Unspecified,
    /// Neither side.
    Internal,
    /// The callee's.
    Server,
    /// The caller's.
    Client,
    /// Who puts something into a queue.
    Producer,
    /// Who takes something from a queue.
    Consumer,
}

/// How what a span tells of went.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It does not say.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// Not well.
    Error,
}

impl Span {
    /// An attribute, for example `attribute("http.route")`.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).map(String::as_str)
    }
}

/// The spans of a batch.
pub(super) fn all(batch: ExportTraceServiceRequest) -> Vec<Span> {
    let of_resource = batch.resource_spans.into_iter().flat_map(|spans| {
        let resource = texts(spans.resource.unwrap_or_default().attributes);
        let sent = spans.scope_spans.into_iter().flat_map(|scope| scope.spans);
        sent.map(move |span| read(&resource, span))
    });
    of_resource.collect()
}

fn read(resource: &BTreeMap<String, String>, span: Sent) -> Span {
    let named = |key| resource.get(key).cloned().unwrap_or_default();
    Span {
        service: named("service.name"),
        version: named("service.version"),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: hex(&span.parent_span_id),
        kind: kind(span.kind()),
        status: status(span.status.as_ref().map_or(StatusCode::Unset, |status| status.code())),
        start_ns: span.start_time_unix_nano,
        end_ns: span.end_time_unix_nano,
        attributes: texts(span.attributes),
        name: span.name,
    }
}

fn kind(kind: SpanKind) -> Kind {
    match kind {
        SpanKind::Unspecified => Kind::Unspecified,
        SpanKind::Internal => Kind::Internal,
        SpanKind::Server => Kind::Server,
        SpanKind::Client => Kind::Client,
        SpanKind::Producer => Kind::Producer,
        SpanKind::Consumer => Kind::Consumer,
    }
}

fn status(code: StatusCode) -> Status {
    match code {
        StatusCode::Unset => Status::Unset,
        StatusCode::Ok => Status::Ok,
        StatusCode::Error => Status::Error,
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().filter_map(|attribute| Some((attribute.key, text(attribute.value?)?))).collect()
}

fn text(value: AnyValue) -> Option<String> {
    match value.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        Value::BoolValue(flag) => Some(flag.to_string()),
        Value::DoubleValue(number) => Some(number.to_string()),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
