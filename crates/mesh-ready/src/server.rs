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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

/// Request heads beyond this are answered 431.
const HEAD_LIMIT_BYTES: usize = 64 * 1024;
const STREAMS_A_CONNECTION: u32 = 256;
/// Asks a silent h2 peer whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);
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
    pub async fn bind(addr: SocketAddr, router: Router, header_read_timeout: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
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
        let connection = serve(stream, peer, self.router.clone(), self.draining.clone(), self.header_read_timeout);
        tokio::spawn(async move {
            tokio::select! {
                () = connection(watcher) => {}
                _ = abort.wait_for(|abort| *abort) => {}
            }
        });
    }
}

/// A connection from its first byte to its end. Errors of a connection are its caller's affair.
fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    draining: Draining,
    head_timeout: Duration,
) -> impl FnOnce(Watcher) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    move |watcher| {
        Box::pin(async move {
            // Small answers must not wait for an acknowledgement.
            let _ = stream.set_nodelay(true);
            // hyper's timer starts with the first byte; a caller that never speaks would stay for good.
            if !matches!(tokio::time::timeout(head_timeout, stream.peek(&mut [0; 1])).await, Ok(Ok(1..))) {
                return;
            }
            let service = service_fn(move |request| answer(router.clone(), draining.clone(), peer, request));
            let builder = builder(head_timeout);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let _ = watcher.watch(connection.into_owned()).await;
        })
    }
}

async fn answer(
    router: Router,
    draining: Draining,
    peer: SocketAddr,
    mut request: http::Request<Incoming>,
) -> Result<axum::response::Response, std::convert::Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let http1 = request.version() < Version::HTTP_2;
    let mut response = router.oneshot(request).await?;
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
