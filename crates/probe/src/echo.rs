//! A server that tells what it received: a stand-in for a host outside, for the target of a mirror, for a slow or failing
//! upstream.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::server::{self, json};

/// Where the number of requests is told. Not counted itself.
pub const COUNT: &str = "/count";

/// Where the number is told and set to 0. Not counted itself.
pub const RESET: &str = "/reset";

/// How the server answers.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// Of every answer but those of [`COUNT`] and [`RESET`].
    pub status: StatusCode,
    /// How long it waits before it answers.
    pub delay: Duration,
}

/// What the server says about a request.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Received {
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// Its headers; of one that came several times the values are joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// Its body as text.
    pub body: String,
}

/// What the server says at [`COUNT`] and [`RESET`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Count {
    /// Requests since the start or the last reset.
    pub count: u64,
}

/// Serves HTTP/1.1 and h2c until the future is dropped.
///
/// # Errors
/// When the listener is no longer usable.
pub async fn serve(listener: TcpListener, echo: Echo) -> io::Result<()> {
    let count = Arc::new(AtomicU64::new(0));
    server::serve(listener, move |request| answer(request, echo, count.clone())).await
}

async fn answer(request: Request<Incoming>, echo: Echo, count: Arc<AtomicU64>) -> Response<Full<Bytes>> {
    match request.uri().path() {
        COUNT => json(StatusCode::OK, &Count { count: count.load(Ordering::Relaxed) }),
        RESET => json(StatusCode::OK, &Count { count: count.swap(0, Ordering::Relaxed) }),
        _ => {
            count.fetch_add(1, Ordering::Relaxed);
            let received = receive(request).await;
            tokio::time::sleep(echo.delay).await;
            json(echo.status, &received)
        }
    }
}

async fn receive(request: Request<Incoming>) -> Received {
    let (parts, body) = request.into_parts();
    // Of a body that is broken off nothing is told; the caller is gone anyway.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Received {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        version: format!("{:?}", parts.version),
        headers: parts.headers.keys().map(|name| (name.to_string(), joined(&parts.headers, name.as_str()))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

fn joined(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    values.collect::<Vec<_>>().join(", ")
}
