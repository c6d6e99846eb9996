//! A server for the harness's own tests: every path has a status, or no answer at all.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;

/// Serves until the test ends. A path without a status gets its connection (HTTP/1.1) or stream (h2c) cut.
pub async fn serve(status: impl Fn(&str) -> Option<u16> + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let status = status.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let status = status(request.uri().path());
                async move { answer(status) }
            });
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    addr
}

fn answer(status: Option<u16>) -> io::Result<Response<Full<Bytes>>> {
    let status = status.ok_or_else(|| io::Error::other("cut"))?;
    Ok(Response::builder().status(status).body(Full::default()).expect("a valid status"))
}
