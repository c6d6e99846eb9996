//! Passes requests on with hyper and nothing else: what is left of a hop when nobody looks at it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// Kept connections to one upstream.
struct Upstream {
    address: SocketAddr,
    host: HeaderValue,
    idle: Mutex<Vec<SendRequest<Incoming>>>,
}

pub(super) async fn serve(listen: SocketAddr, upstream: SocketAddr) -> anyhow::Result<()> {
    let host = HeaderValue::try_from(upstream.to_string())?;
    let upstream = Arc::new(Upstream { address: upstream, host, idle: Mutex::default() });
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let upstream = Arc::clone(&upstream);
        let service = service_fn(move |request| pass(Arc::clone(&upstream), request));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn pass(upstream: Arc<Upstream>, mut request: Request<Incoming>) -> anyhow::Result<Response<Full<Bytes>>> {
    let path = request.uri().path().strip_prefix("/api").context("a path under /api")?.to_owned();
    *request.uri_mut() = PathAndQuery::try_from(path)?.into();
    request.headers_mut().insert(header::HOST, upstream.host.clone());
    let mut connection = upstream.connection().await?;
    connection.ready().await?;
    let (parts, body) = connection.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    upstream.idle().push(connection);
    Ok(Response::from_parts(parts, Full::from(body)))
}

impl Upstream {
    async fn connection(&self) -> anyhow::Result<SendRequest<Incoming>> {
        let kept = self.idle().pop();
        if let Some(kept) = kept.filter(|kept| !kept.is_closed()) {
            return Ok(kept);
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SendRequest<Incoming>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
