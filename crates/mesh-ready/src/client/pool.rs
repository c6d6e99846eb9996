//! Kept connections to one upstream, for calls that are passed through as bytes.
//!
//! reqwest serves typed calls. On the hop that every request of a gateway takes it costs as much as all the rest of the
//! process, most of it for what is switched off here: redirects, proxies, cookies, protocols.
//!
//! A kept connection may turn out closed when it is wanted again. As long as no byte of the request was written, another
//! one takes its place; that is reuse of connections and no retry.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

use super::{BODY_LIMIT_BYTES, ClientArgs, POOL_IDLE, UpstreamError};

type Sender = SendRequest<Full<Bytes>>;

/// The connections to one upstream that nobody uses now: at most as many as there were calls at once, which the limit of
/// requests in flight bounds. With a limit of its own, a crowd beyond it would close and open connections all the time.
#[derive(Debug)]
pub(super) struct Pool {
    upstream: &'static str,
    host: String,
    port: u16,
    host_header: HeaderValue,
    timeout: Duration,
    connect_timeout: Duration,
    /// The one that was used last is the next to be used, so that surplus ones grow old.
    idle: Mutex<VecDeque<(Sender, Instant)>>,
}

impl Pool {
    pub(super) fn new(upstream: &'static str, base: &Url, args: &ClientArgs) -> Self {
        let host = base.host_str().unwrap_or_default();
        // With brackets, an IPv6 address is a host in a URL but no name that can be looked up.
        let name = host.trim_matches(['[', ']']);
        let host = if name.parse::<Ipv6Addr>().is_ok() { name } else { host };
        let header = &base[url::Position::BeforeHost..url::Position::AfterPort];
        Self {
            upstream,
            host: host.to_owned(),
            port: base.port_or_known_default().unwrap_or(80),
            host_header: HeaderValue::try_from(header).expect("a URL's host is visible ASCII"),
            timeout: args.upstream_timeout_ms,
            connect_timeout: args.upstream_connect_timeout_ms,
            idle: Mutex::default(),
        }
    }

    /// One exchange, whose URI is path and query; the answer is read whole.
    pub(super) async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>, UpstreamError> {
        request.headers_mut().insert(header::HOST, self.host_header.clone());
        let answer = tokio::time::timeout(self.timeout, self.send(request)).await;
        answer.unwrap_or_else(|late| Err(UpstreamError::Timeout { upstream: self.upstream, cause: late.into() }))
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>, UpstreamError> {
        let broken = |cause: hyper::Error| UpstreamError::broken(self.upstream, cause);
        loop {
            let (mut sender, kept) = match self.kept() {
                Some(sender) => (sender, true),
                None => (self.connect().await?, false),
            };
            if sender.ready().await.is_err() && kept {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(answer) => return self.read(answer, sender).await,
                Err(mut error) => match error.take_message().filter(|_| kept) {
                    Some(unsent) => request = unsent,
                    None => return Err(broken(error.into_error())),
                },
            }
        }
    }

    async fn read(&self, answer: Response<Incoming>, sender: Sender) -> Result<Response<Bytes>, UpstreamError> {
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, BODY_LIMIT_BYTES).collect().await;
        let body = body.map_err(|cause| UpstreamError::broken(self.upstream, cause))?.to_bytes();
        self.keep(sender);
        Ok(Response::from_parts(parts, body))
    }

    async fn connect(&self) -> Result<Sender, UpstreamError> {
        let unreachable = |cause| UpstreamError::Unreachable { upstream: self.upstream, cause };
        // The name is looked up for each connection: in a cluster its addresses change.
        let stream = TcpStream::connect((self.host.as_str(), self.port));
        let stream = tokio::time::timeout(self.connect_timeout, stream).await;
        let stream = stream.map_err(|late| unreachable(late.into()))?.map_err(|error| unreachable(error.into()))?;
        let _ = stream.set_nodelay(true);
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(error.into()))?;
        tokio::spawn(connection);
        Ok(sender)
    }

    fn kept(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (sender, since) = idle.pop_back()?;
            if !sender.is_closed() && since.elapsed() < POOL_IDLE {
                return Some(sender);
            }
        }
    }

    fn keep(&self, sender: Sender) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while idle.front().is_some_and(|(_, since)| since.elapsed() >= POOL_IDLE) {
            idle.pop_front();
        }
        if !sender.is_closed() {
            idle.push_back((sender, Instant::now()));
        }
    }
}
