//! Which spans does this process record: a server span a request, a client span a hop, a database span a query.
//!
//! The decision falls before a span exists ([`Sampling`]), because a span that is made and thrown away costs
//! more than the request it belongs to. Names and attributes follow OpenTelemetry's HTTP and database
//! conventions (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>).

use http::{Method, StatusCode};
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt, TraceId};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample};
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::propagation::{self, Decision, Parent};

/// The `tracing` target of recorded spans; the exporter takes no other.
pub const TARGET: &str = "mesh_ready::span";

/// Decides which requests are recorded.
#[derive(Clone, Debug)]
pub struct Sampling(Option<Sampler>);

impl Sampling {
    /// `None` records nothing.
    #[must_use]
    pub fn new(sampler: Option<Sampler>) -> Self {
        Self(sampler)
    }

    /// Whether the request with this parent is recorded.
    #[must_use]
    pub fn records(&self, parent: &Parent) -> bool {
        let Some(sampler) = &self.0 else { return false };
        match (parent.decision(), parent.span()) {
            // B3 can decide without naming a trace.
            (Decision::Record, None) => return true,
            (Decision::Drop, None) => return false,
            _ => {}
        }
        // A trace that nobody has decided about is new to the sampler.
        let decided = parent.span().filter(|_| parent.decision() != Decision::Open);
        let context = decided.map(|span| opentelemetry::Context::new().with_remote_span_context(span.clone()));
        let trace_id = parent.span().map_or_else(|| TraceId::from(rand::random::<u128>()), SpanContext::trace_id);
        let result = sampler.should_sample(context.as_ref(), trace_id, "", &SpanKind::Server, &[], &[]);
        result.decision == SamplingDecision::RecordAndSample
    }
}

/// The span of a request that is recorded.
#[must_use]
pub fn server_span(method: &Method, route: Option<&str>, path: &str, parent: &Parent) -> Span {
    let name = route.map_or_else(|| method.to_string(), |route| format!("{method} {route}"));
    let span = tracing::info_span!(
        target: TARGET, "server",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method.as_str(),
        http.route = route,
        url.path = path,
        url.scheme = "http",
        http.response.status_code = field::Empty,
        error.type = field::Empty,
    );
    if let Some(parent) = parent.span() {
        let context = opentelemetry::Context::new().with_remote_span_context(parent.clone());
        // Fails only without an exporter, and then nothing is recorded.
        let _ = span.set_parent(context);
    }
    span
}

/// The span of an outbound call; disabled unless the current request is recorded.
#[must_use]
pub fn client_span(method: &Method, upstream: &'static str, route: &'static str, host: &str, port: u16) -> Span {
    if !recording() {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET, "client",
        otel.name = format!("{method} {route}"),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = method.as_str(),
        url.template = route,
        peer.service = upstream,
        server.address = host,
        server.port = port,
        http.response.status_code = field::Empty,
        error.type = field::Empty,
    )
}

/// The span of a database query; disabled unless the current request is recorded.
#[must_use]
pub fn database_span(system: &'static str, operation: &'static str, collection: &'static str) -> Span {
    if !recording() {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET, "database",
        otel.name = format!("{operation} {collection}"),
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = operation,
        db.collection.name = collection,
    )
}

/// Notes the answer on a server or client span. A server's 4xx is the caller's error, not the server's.
pub fn record_status(span: &Span, status: StatusCode, is_error: bool) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if is_error {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
}

/// The span's own context; invalid for a disabled span.
#[must_use]
pub fn span_context(span: &Span) -> Option<SpanContext> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context().span().span_context().clone();
    context.is_valid().then_some(context)
}

fn recording() -> bool {
    propagation::current().is_some_and(|context| context.sampled())
}
