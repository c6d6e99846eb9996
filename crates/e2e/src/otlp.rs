//! A collector that keeps the spans it receives: the real OTLP/gRPC protocol on any free port.

use std::{
    collections::HashSet,
    net::{SocketAddr, TcpListener},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, ensure};
use probe::collect::{self, Spans};
use tokio::sync::oneshot;

use crate::wait::eventually;

pub use probe::collect::{Kind, Span, Status};

/// The running collector. It has a thread of its own: load in the test must not keep it from taking spans.
#[derive(Debug)]
pub struct Collector {
    addr: SocketAddr,
    spans: Spans,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let addr = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        // A test counts what it was sent, so nothing is forgotten.
        let spans = Spans::new(usize::MAX);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = take(listener, spans.clone(), stopped);
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
    pub fn spans(&self) -> Vec<Span> {
        self.spans.told(|_| true).spans
    }

    /// The spans so far of a trace, given as 32 hex digits.
    pub fn trace(&self, trace_id: &str) -> Vec<Span> {
        self.spans.told(|span| span.trace_id == trace_id).spans
    }

    /// The traces, as 32 hex digits, that a service sent spans of.
    pub fn trace_ids(&self, service: &str) -> HashSet<String> {
        self.spans.told(|span| span.service == service).spans.into_iter().map(|span| span.trace_id).collect()
    }

    /// Waits until a trace has at least this many spans.
    ///
    /// # Errors
    /// When it has not within `deadline`; with those that came.
    pub async fn wait_for_trace(&self, trace_id: &str, spans: usize, deadline: Duration) -> anyhow::Result<Vec<Span>> {
        let what = format!("{spans} spans of the trace {trace_id} arrive");
        eventually(deadline, &what, async || {
            let found = self.trace(trace_id);
            let names: Vec<_> = found.iter().map(|span| format!("{} {}", span.service, span.name)).collect();
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

/// Takes spans until `stopped` says or loses its sender.
async fn take(listener: TcpListener, spans: Spans, stopped: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    tokio::select! {
        ended = collect::take(listener, spans) => Ok(ended?),
        _ = stopped => Ok(()),
    }
}
