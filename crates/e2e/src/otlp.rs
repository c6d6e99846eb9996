//! A collector that keeps the spans it receives: the real OTLP/gRPC protocol on any free port.

use std::{
    collections::HashSet,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, ensure};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::Span,
};
use tokio::sync::oneshot;
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

use crate::wait::eventually;

/// The running collector. It has a thread of its own: load in the test must not keep it from taking spans.
#[derive(Debug)]
pub struct Collector {
    addr: SocketAddr,
    spans: Spans,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A span and where it came from.
#[derive(Clone, Debug)]
pub struct Received {
    /// `service.name` of its resource.
    pub service: String,
    /// `service.version` of its resource.
    pub version: String,
    /// The span as it was sent.
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
struct Spans(Arc<Mutex<Vec<Received>>>);

impl Collector {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let addr = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let spans = Spans::default();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = collect(listener, spans.clone(), stopped);
        let thread = thread::spawn(move || {
            runtime.block_on(serve).expect("the collector serves until it is dropped");
        });
        Ok(Self { addr, spans, stop: Some(stop), thread: Some(thread) })
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Received> {
        self.spans.lock().clone()
    }

    /// The spans so far of a trace, given as 32 hex digits.
    pub fn trace(&self, trace_id: &str) -> Vec<Received> {
        self.spans.lock().iter().filter(|received| received.trace_id() == trace_id).cloned().collect()
    }

    /// The traces, as 32 hex digits, that a service sent spans of.
    pub fn trace_ids(&self, service: &str) -> HashSet<String> {
        let spans = self.spans.lock();
        spans.iter().filter(|received| received.service == service).map(Received::trace_id).collect()
    }

    /// Waits until a trace has at least this many spans.
    ///
    /// # Errors
    /// When it has not within `deadline`; with those that came.
    pub async fn wait_for_trace(
        &self,
        trace_id: &str,
        spans: usize,
        deadline: Duration,
    ) -> anyhow::Result<Vec<Received>> {
        let what = format!("{spans} spans of the trace {trace_id} arrive");
        eventually(deadline, &what, async || {
            let found = self.trace(trace_id);
            let names: Vec<_> =
                found.iter().map(|received| format!("{} {}", received.service, received.span.name)).collect();
            ensure!(found.len() >= spans, "{} came: {names:?}", found.len());
            Ok(found)
        })
        .await
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It can only have panicked, which has been printed; a drop must not panic as well.
            let _ = thread.join();
        }
    }
}

impl Received {
    /// 32 hex digits.
    pub fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// 16 hex digits.
    pub fn span_id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// 16 hex digits, or empty for a root.
    pub fn parent_id(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    /// An attribute as text, for example `attribute("http.route")`.
    pub fn attribute(&self, key: &str) -> Option<String> {
        text(&self.span.attributes, key)
    }
}

/// Serves until `stopped` says or loses its sender.
async fn collect(listener: TcpListener, spans: Spans, stopped: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let incoming = TcpIncoming::from(tokio::net::TcpListener::from_std(listener)?);
    let server = Server::builder().add_service(TraceServiceServer::new(spans)).serve_with_incoming(incoming);
    tokio::select! {
        ended = server => Ok(ended?),
        _ = stopped => Ok(()),
    }
}

#[tonic::async_trait]
impl TraceService for Spans {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for batch in request.into_inner().resource_spans {
            let resource = batch.resource.unwrap_or_default();
            let spans = batch.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.lock().extend(spans.map(|span| received(&resource, span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Spans {
    fn lock(&self) -> MutexGuard<'_, Vec<Received>> {
        self.0.lock().expect("no holder of the spans panics")
    }
}

fn received(resource: &Resource, span: Span) -> Received {
    let named = |key| text(&resource.attributes, key).unwrap_or_default();
    Received { service: named("service.name"), version: named("service.version"), span }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref() {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => Some(text.clone()),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => Some(number.to_string()),
        Some(AnyValue { value: Some(Value::BoolValue(flag)) }) => Some(flag.to_string()),
        Some(AnyValue { value: Some(Value::DoubleValue(number)) }) => Some(number.to_string()),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        collector::trace::v1::trace_service_client::TraceServiceClient,
        trace::v1::{ResourceSpans, ScopeSpans},
    };

    use crate::wait::PATIENCE;

    use super::*;

    fn attribute(key: &str, value: &str) -> KeyValue {
        let value = AnyValue { value: Some(Value::StringValue(value.to_owned())) };
        KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
    }

    #[tokio::test]
    async fn an_exported_span_is_found_by_its_trace() {
        let collector = Collector::start().expect("it starts");
        let span = Span { trace_id: vec![0xab; 16], name: "GET /".to_owned(), ..Span::default() };
        let resource = Resource { attributes: vec![attribute("service.name", "shop")], ..Resource::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() }];
        let mut client = TraceServiceClient::connect(collector.endpoint()).await.expect("it listens");
        client.export(ExportTraceServiceRequest { resource_spans }).await.expect("it takes spans");

        let found = collector.wait_for_trace(&"ab".repeat(16), 1, PATIENCE).await.expect("it is there");
        assert_eq!((found[0].service.as_str(), found[0].span.name.as_str()), ("shop", "GET /"));
        assert_eq!(collector.trace(&"cd".repeat(16)).len(), 0);
    }
}
