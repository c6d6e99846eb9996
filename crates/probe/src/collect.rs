//! A receiver of spans: takes OTLP/gRPC, keeps the newest, and tells them as JSON.
//!
//! It is for proofs: what was sent can be read back, one span at a time, with the edges between them. It is no place to keep
//! spans: there is a bound, and the oldest go first.

mod export;
mod span;

use std::{
    collections::VecDeque,
    future::ready,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

pub use self::span::{Kind, Span, Status};
use crate::server;

/// Where the spans are told; `?trace=` and a trace's id picks those of one trace. Any other path tells the counts alone.
pub const SPANS: &str = "/spans";

/// How many spans are kept unless somebody says otherwise: of the shop some thousand requests, and some 20 MB.
pub const CAPACITY: usize = 20_000;

/// The spans that were received, the newest of them. A clone is the same.
#[derive(Clone, Debug)]
pub struct Spans {
    store: Arc<Mutex<Store>>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Store {
    received: u64,
    kept: VecDeque<Span>,
}

/// What the receiver tells.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Told {
    /// Spans since the start, those that are no longer kept among them.
    pub received: u64,
    /// Those that went because newer ones came.
    pub forgotten: u64,
    /// What was asked for, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

impl Spans {
    /// Room for so many spans.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { store: Arc::default(), capacity }
    }

    /// The counts, and the spans that are wanted.
    #[must_use]
    pub fn told(&self, wanted: impl Fn(&Span) -> bool) -> Told {
        let store = self.lock();
        let spans: Vec<_> = store.kept.iter().filter(|span| wanted(span)).cloned().collect();
        Told { received: store.received, forgotten: store.received - store.kept.len() as u64, spans }
    }

    fn keep(&self, spans: Vec<Span>) {
        let mut store = self.lock();
        store.received += spans.len() as u64;
        store.kept.extend(spans);
        let surplus = store.kept.len().saturating_sub(self.capacity);
        store.kept.drain(..surplus);
    }

    fn lock(&self) -> MutexGuard<'_, Store> {
        // A span is in it or not, also after a panic.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes spans over OTLP/gRPC until the future is dropped.
///
/// # Errors
/// When the listener is no longer usable.
pub async fn take(listener: TcpListener, spans: Spans) -> io::Result<()> {
    server::serve(listener, move |request| export::answer(request, spans.clone())).await
}

/// Tells them over HTTP until the future is dropped.
///
/// # Errors
/// When the listener is no longer usable.
pub async fn tell(listener: TcpListener, spans: Spans) -> io::Result<()> {
    server::serve(listener, move |request| ready(told(&request, &spans))).await
}

fn told(request: &Request<Incoming>, spans: &Spans) -> Response<Full<Bytes>> {
    let trace = request.uri().query().and_then(|query| query.strip_prefix("trace="));
    let listed = request.uri().path() == SPANS;
    let told = spans.told(|span| listed && trace.is_none_or(|id| span.trace_id == id));
    server::json(StatusCode::OK, &told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_spans_go_when_there_is_no_room() {
        let spans = Spans::new(2);
        let named = |name: &str| Span { name: name.to_owned(), ..Span::default() };
        spans.keep(vec![named("a"), named("b")]);
        spans.keep(vec![named("c")]);
        let told = spans.told(|_| true);
        assert_eq!((told.received, told.forgotten), (3, 1));
        assert_eq!(told.spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    }
}
