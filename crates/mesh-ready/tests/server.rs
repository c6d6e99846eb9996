//! Connections are served and ended as the drain promises. Raw bytes, because clients hide what is asked here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use mesh_ready::server::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};

const DEADLINE: Duration = Duration::from_secs(10);
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

struct Running {
    addr: SocketAddr,
    draining: mesh_ready::server::Draining,
    stop: oneshot::Sender<()>,
    finished: JoinHandle<bool>,
}

async fn start(app: Router, head_timeout: Duration, deadline: Duration) -> Running {
    let server = Server::bind(([127, 0, 0, 1], 0).into(), app, head_timeout).expect("a free port");
    let (addr, draining) = (server.addr(), server.draining());
    let (stop, stopped) = oneshot::channel();
    let finished = tokio::spawn(server.run(async { drop(stopped.await) }, deadline));
    Running { addr, draining, stop, finished }
}

/// A route that says that it was entered and then waits to be let go.
fn gate() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, left) = (Arc::clone(&entered), Arc::clone(&leave));
    let route = get(async move || {
        enter.notify_one();
        left.notified().await;
        "done"
    });
    (Router::new().route("/", route), entered, leave)
}

async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("{what} within {DEADLINE:?}"))
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    in_time("the end of the connection", stream.read_to_string(&mut text)).await.expect("text");
    text
}

#[tokio::test]
async fn a_drain_answers_what_is_in_flight_and_refuses_what_is_new() {
    let (app, entered, leave) = gate();
    let server = start(app, DEADLINE, DEADLINE).await;
    let mut busy = TcpStream::connect(server.addr).await.expect("a connection");
    busy.write_all(GET).await.expect("written");
    in_time("the request", entered.notified()).await;
    server.stop.send(()).expect("it runs");
    in_time("new connections refused", async { while TcpStream::connect(server.addr).await.is_ok() {} }).await;
    leave.notify_one();
    assert!(read_all(&mut busy).await.ends_with("done"));
    assert!(server.finished.await.expect("no panic"), "all requests finished");
}

#[tokio::test]
async fn a_drain_ends_at_its_deadline() {
    let (app, entered, _leave) = gate();
    let server = start(app, DEADLINE, Duration::from_millis(20)).await;
    let mut stuck = TcpStream::connect(server.addr).await.expect("a connection");
    stuck.write_all(GET).await.expect("written");
    in_time("the request", entered.notified()).await;
    server.stop.send(()).expect("it runs");
    assert!(!in_time("the deadline", server.finished).await.expect("no panic"));
    assert_eq!(read_all(&mut stuck).await, "", "the connection is cut");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_a_drain() {
    let server = start(Router::new().route("/", get(async || "hello")), DEADLINE, DEADLINE).await;
    let mut used = TcpStream::connect(server.addr).await.expect("a connection");
    used.write_all(GET).await.expect("written");
    in_time("an answer", used.read(&mut [0; 1024])).await.expect("bytes");
    let _silent = TcpStream::connect(server.addr).await.expect("a connection");
    server.stop.send(()).expect("it runs");
    assert!(in_time("the drain", server.finished).await.expect("no panic"));
}

#[tokio::test]
async fn callers_are_asked_to_go_elsewhere_before_the_port_closes() {
    let server = start(Router::new().route("/", get(async || "hello")), DEADLINE, DEADLINE).await;
    server.draining.begin();
    let mut stream = TcpStream::connect(server.addr).await.expect("still accepted");
    stream.write_all(GET).await.expect("written");
    let answer = read_all(&mut stream).await;
    assert!(answer.contains("connection: close") && answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn a_caller_that_sends_no_whole_head_in_time_is_let_go() {
    let server = start(Router::new(), Duration::from_millis(50), DEADLINE).await;
    for head in [&b""[..], b"G", b"GET / HTTP/1.1\r\nhost: a\r\n", b"PRI * HT"] {
        let mut stream = TcpStream::connect(server.addr).await.expect("a connection");
        stream.write_all(head).await.expect("written");
        let answer = read_all(&mut stream).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{:?}: {answer}",
            String::from_utf8_lossy(head)
        );
    }
}

#[tokio::test]
async fn a_handler_knows_who_called() {
    let route = get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string());
    let server = start(Router::new().route("/", route), DEADLINE, DEADLINE).await;
    let mut stream = TcpStream::connect(server.addr).await.expect("a connection");
    let own = stream.local_addr().expect("an address").to_string();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("written");
    assert!(read_all(&mut stream).await.ends_with(&own));
}

#[tokio::test]
async fn a_crowd_may_wait_to_be_accepted() {
    // More than a line of 1024 holds, and as many as the kernel lets wait and this process may have open.
    let most =
        std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("Linux").trim().parse().expect("a number");
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: files.maximum, ..files };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).expect("up to the hard limit");
    let listener = mesh_ready::server::listen(([127, 0, 0, 1], 0).into()).expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let mut waiting = JoinSet::new();
    for _ in 0..usize::min(most, 1500) {
        waiting.spawn(TcpStream::connect(addr));
    }
    let connected = tokio::time::timeout(DEADLINE, waiting.join_all()).await.expect("nobody is dropped");
    assert!(connected.iter().all(Result::is_ok), "{connected:?}");
}
