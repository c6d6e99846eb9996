//! How connections are served and how they end: accept, HTTP/1.1 and h2c, drain with a deadline.
//!
//! `axum::serve` sets no timer for request heads and gives no deadline to a drain, so the loop is ours over
//! hyper-util's connection builder.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::{HeaderValue, Version, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tower::Service;

/// Request heads beyond this are answered 431.
const HEAD_LIMIT_BYTES: usize = 64 * 1024;
const STREAMS_A_CONNECTION: u32 = 256;
/// Asks a silent h2 peer whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How many callers may wait to be accepted. When the line is full, Linux drops what comes, and the caller tries again after
/// a second, which is as long as a connection may take here. It cuts this to `net.core.somaxconn`, by default 4096.
const WAITING: u32 = 4096;
/// After an accept error such as "too many open files": trying at once again would only burn the processor.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(50);

/// A port that is bound and not yet served.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    router: Router,
    header_read_timeout: Duration,
    draining: Draining,
}

/// Tells connections that the process is about to go, so that HTTP/1.1 callers look for another one.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on each HTTP/1.1 answer asks its caller to close the connection.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Server {
    /// Binds `addr` for `router`.
    ///
    /// # Errors
    /// When the port is taken or not allowed.
    pub fn bind(addr: SocketAddr, router: Router, header_read_timeout: Duration) -> io::Result<Self> {
        let listener = listen(addr)?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr, router, header_read_timeout, draining: Draining::default() })
    }

    /// The bound address.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The switch that precedes the end of accepting.
    #[must_use]
    pub fn draining(&self) -> Draining {
        self.draining.clone()
    }

    /// Serves until `stop` completes, then accepts no more and waits for what is in flight, at most
    /// `deadline`. Returns whether everything finished in time.
    pub async fn run(self, stop: impl Future<Output = ()>, deadline: Duration) -> bool {
        let graceful = GracefulShutdown::new();
        let (abort, _) = watch::channel(false);
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => self.spawn(stream, peer, graceful.watcher(), abort.subscribe()),
                Err(error) => {
                    tracing::warn!(%error, "A connection could not be accepted");
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
        drop(self.listener);
        let finished = tokio::time::timeout(deadline, graceful.shutdown()).await.is_ok();
        abort.send_replace(true);
        finished
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher, mut abort: watch::Receiver<bool>) {
        let (router, draining) = (self.router.clone(), self.draining.clone());
        let connection = serve(stream, peer, router, draining, self.header_read_timeout, watcher);
        tokio::spawn(async move {
            tokio::select! {
                () = connection => {}
                _ = abort.wait_for(|abort| *abort) => {}
            }
        });
    }
}

/// Binds a port on which a crowd may come at once.
///
/// # Errors
/// When the port is taken or not allowed.
pub fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A process that starts again gets its port although connections of the former one linger.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(WAITING)
}

/// A connection from its first byte to its end. Errors of a connection are its caller's affair.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    draining: Draining,
    head_timeout: Duration,
    watcher: Watcher,
) {
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let first = Arc::new(Notify::new());
    let begun = Arc::clone(&first);
    let service = service_fn(move |request| {
        begun.notify_one();
        answer(router.clone(), draining.clone(), peer, request)
    });
    let builder = builder(head_timeout);
    let connection = watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    tokio::select! {
        _ = connection => {}
        () = silence(&first, head_timeout) => {}
    }
}

/// Completes when no request has come in time. hyper's timer starts only when it knows that a connection speaks
/// HTTP/1.1: a caller that says nothing, or half an HTTP/2 preface, would stay for good.
async fn silence(first: &Notify, head_timeout: Duration) {
    if tokio::time::timeout(head_timeout, first.notified()).await.is_ok() {
        std::future::pending().await
    }
}

async fn answer(
    mut router: Router,
    draining: Draining,
    peer: SocketAddr,
    mut request: http::Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let http1 = request.version() < Version::HTTP_2;
    // A router is always ready.
    let mut response = router.call(request).await?;
    if http1 && draining.0.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

fn builder(head_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_timeout).max_buf_size(HEAD_LIMIT_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .max_concurrent_streams(STREAMS_A_CONNECTION)
        .max_header_list_size(u32::try_from(HEAD_LIMIT_BYTES).expect("64 KiB fit"));
    builder
}
