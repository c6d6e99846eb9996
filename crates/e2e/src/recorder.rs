//! An upstream that answers everything alike and remembers what it was asked.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// The running upstream.
#[derive(Debug)]
pub struct Recorder {
    addr: SocketAddr,
    requests: Arc<Mutex<Vec<Recorded>>>,
    accepting: JoinHandle<()>,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// Its target.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Recorder {
    /// Starts one that answers 200 with this body.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(answer: &Value) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
        let addr = listener.local_addr()?;
        let requests = Arc::default();
        let accepting = tokio::spawn(accept(listener, Bytes::from(answer.to_string()), Arc::clone(&requests)));
        Ok(Self { addr, requests, accepting })
    }

    /// Its URL, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The last request so far.
    ///
    /// # Errors
    /// When none came.
    pub fn last(&self) -> anyhow::Result<Recorded> {
        self.requests().last().cloned().context("no request came")
    }

    fn requests(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.requests.lock().expect("no holder of the requests panics")
    }
}

impl Recorded {
    /// All values of a header, joined as HTTP allows for lists; `None` when it is missing.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, answer: Bytes, requests: Arc<Mutex<Vec<Recorded>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (answer, requests) = (answer.clone(), Arc::clone(&requests));
        let service = service_fn(move |request| record(request, answer.clone(), Arc::clone(&requests)));
        tokio::spawn(async move {
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn record(
    request: Request<Incoming>,
    answer: Bytes,
    requests: Arc<Mutex<Vec<Recorded>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let recorded = Recorded { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    requests.lock().expect("no holder of the requests panics").push(recorded);
    let mut response = Response::new(Full::new(answer));
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    Ok(response)
}
