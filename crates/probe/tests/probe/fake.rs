//! Servers on ports of their own that answer byte for byte what a test wants.

use std::{convert::Infallible, future::ready, net::SocketAddr, pin::pin, sync::Arc};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use probe::echo::{self, Echo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// An address on which nobody listens.
pub async fn nobody() -> SocketAddr {
    bind().await.local_addr().expect("bound")
}

/// An echo server.
pub async fn echo(echo: Echo) -> SocketAddr {
    let listener = bind().await;
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(echo::serve(listener, echo));
    addr
}

/// Answers the requests of each connection in turn: `respond` gets the number of the connection and of the request on it,
/// both from 0, and gives the bytes of the answer; after `None` the connection ends.
pub async fn script(respond: impl Fn(usize, usize) -> Option<String> + Clone + Send + 'static) -> SocketAddr {
    let listener = bind().await;
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.expect("a connection");
            let respond = respond.clone();
            tokio::spawn(talk(stream, move |request| respond(connection, request)));
        }
    });
    addr
}

/// Answers one request on each connection with these bytes, then ends the connection.
pub async fn once(bytes: &'static str) -> SocketAddr {
    let listener = bind().await;
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            read_head(&mut stream).await;
            stream.write_all(bytes.as_bytes()).await.expect("it is read");
        }
    });
    addr
}

/// The same over h2c: each connection is told to end in good order when its first request has come.
pub async fn once_h2c() -> SocketAddr {
    let listener = bind().await;
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(end_after_one(stream));
        }
    });
    addr
}

/// Reads a request, then ends the connection with a reset.
pub async fn reset() -> SocketAddr {
    let listener = bind().await;
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            // What is left unread when a socket is closed makes the kernel send a reset.
            stream.read_exact(&mut [0; 1]).await.expect("a request");
        }
    });
    addr
}

/// An answer with this header and body.
pub fn answer(status: u16, header: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Any\r\n{header}content-length: {}\r\n\r\n{body}", body.len())
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

async fn talk(mut stream: TcpStream, respond: impl Fn(usize) -> Option<String>) {
    for request in 0.. {
        if !read_head(&mut stream).await {
            return;
        }
        let Some(bytes) = respond(request) else { return };
        stream.write_all(bytes.as_bytes()).await.expect("it is read");
    }
}

async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

async fn end_after_one(stream: TcpStream) {
    let asked = Arc::new(Notify::new());
    let signal = asked.clone();
    let service = service_fn(move |_| {
        signal.notify_one();
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    let mut connection =
        pin!(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return ended.expect("it is not the first to end"),
        () = asked.notified() => connection.as_mut().graceful_shutdown(),
    }
    connection.await.expect("the client reads the answer");
}
