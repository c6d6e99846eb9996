//! Single requests, each on a connection of its own, and what came back.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header::CONTENT_TYPE};
use serde_json::Value;

use crate::{
    connection::{Connection, Http},
    wait::PATIENCE,
};

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// From the first byte sent to the last byte read.
    pub elapsed: Duration,
}

impl Answer {
    /// A header's value; `None` when it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {} {}", self.status, self.text()))
    }

    /// The answer itself when it has this status.
    ///
    /// # Errors
    /// When it has another, with its body.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "{status} expected, not {}: {}", self.status, self.text());
        Ok(self)
    }

    /// The trace that the request became part of, as 32 hex digits, from `traceresponse`.
    pub fn trace_id(&self) -> Option<&str> {
        self.header("traceresponse")?.split('-').nth(1)
    }

    /// The processes that served it, the nearest to the data first: `order-service/v2/pod-a`.
    pub fn served_by(&self) -> Vec<&str> {
        self.header("x-served-by").map(|hops| hops.split(", ").collect()).unwrap_or_default()
    }

    /// Whether the body has the shape of all errors: a type and a message, and an id to find it by in the log.
    ///
    /// # Errors
    /// Saying what is missing.
    pub fn expect_error_shape(&self) -> anyhow::Result<()> {
        let body = self.json()?;
        for field in [&body["error"]["type"], &body["error"]["message"], &body["error_id"]] {
            ensure!(field.as_str().is_some_and(|text| !text.is_empty()), "not the error shape: {body}");
        }
        Ok(())
    }
}

/// A GET of a path or URL.
pub fn get_request(target: &str) -> Request<Bytes> {
    request(Method::GET, target, None)
}

/// A POST of a JSON body to a path or URL.
pub fn post_request(target: &str, body: &Value) -> Request<Bytes> {
    request(Method::POST, target, Some(body))
}

/// Any request; add headers to the result as needed.
///
/// # Panics
/// When `target` is no path and no URL.
pub fn request(method: Method, target: &str, body: Option<&Value>) -> Request<Bytes> {
    let builder = Request::builder().method(method).uri(target);
    let (builder, body) = match body {
        Some(body) => (builder.header(CONTENT_TYPE, "application/json"), Bytes::from(body.to_string())),
        None => (builder, Bytes::new()),
    };
    builder.body(body).expect("the test gives a valid target")
}

/// Sends a GET.
///
/// # Errors
/// As [`send`].
pub async fn get(url: &str) -> anyhow::Result<Answer> {
    send(get_request(url)).await
}

/// Sends a POST.
///
/// # Errors
/// As [`send`].
pub async fn post(url: &str, body: &Value) -> anyhow::Result<Answer> {
    send(post_request(url, body)).await
}

/// Sends a request with a whole URL on a new HTTP/1.1 connection.
///
/// # Errors
/// When it gets no whole answer, or none in time.
pub async fn send(request: Request<Bytes>) -> anyhow::Result<Answer> {
    let shown = format!("{} {}", request.method(), request.uri());
    let answer = tokio::time::timeout(PATIENCE, send_once(request)).await;
    answer.unwrap_or_else(|_| anyhow::bail!("no answer within {PATIENCE:?}")).context(shown)
}

async fn send_once(mut request: Request<Bytes>) -> anyhow::Result<Answer> {
    let authority = request.uri().authority().context("the URL names no host")?;
    let addr = authority.as_str().parse().context("the host is no address with a port")?;
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    Connection::open(addr, Http::H1).await?.send(request).await
}
