//! One outbound call: what the upstream receives, and what the caller hears when it misbehaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use mesh_ready::client::ClientArgs;
use mesh_ready::propagation::{self, Context, Decision, Parent};
use mesh_ready::{Call, Client, Identity, Upstream, UpstreamError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-served-by: peer/v2/pod\r\n\r\n{}";

/// A peer that answers each connection with the same bytes and closes it; what it received comes by the channel.
async fn peer(answer: impl Into<String>) -> (Upstream, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let (seen, receive) = mpsc::unbounded_channel();
    let answer = answer.into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap_or(0);
            let _ = seen.send(String::from_utf8_lossy(&head[..read]).into_owned());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (upstream(&addr.to_string(), 5_000), receive)
}

fn upstream(addr: &str, timeout_ms: u64) -> Upstream {
    let args = ClientArgs {
        upstream_timeout_ms: Duration::from_millis(timeout_ms),
        upstream_connect_timeout_ms: Duration::from_secs(1),
    };
    let base = format!("http://{addr}").parse().expect("a URL");
    Client::new(&args).expect("a client").upstream("peer", base)
}

fn get(target: &str) -> Call<'_> {
    Call { method: Method::GET, route: "/", target, headers: HeaderMap::new(), body: Bytes::new() }
}

async fn failure(upstream: &Upstream) -> (u16, &'static str, String) {
    let error: UpstreamError = upstream.get_json::<serde_json::Value>("/", "/").await.expect_err("a failure");
    (error.status().as_u16(), error.kind(), error.to_string())
}

async fn failure_of_passing_through(upstream: &Upstream) -> (u16, &'static str, String) {
    let error = upstream.send(get("/")).await.expect_err("a failure");
    (error.status().as_u16(), error.kind(), error.to_string())
}

#[tokio::test]
async fn each_kind_of_failure_has_its_status_and_a_text_without_secrets() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length:";
    let cases = [
        ("cut off in the body", format!("{head} 100\r\n\r\n{{\"secret\""), (502, "upstream_broken")),
        ("no HTTP", "secret".to_owned(), (502, "upstream_broken")),
        ("closed at once", String::new(), (502, "upstream_broken")),
        ("no JSON", format!("{head} 6\r\n\r\nsecret"), (502, "upstream_broken")),
        ("an error", "HTTP/1.1 500 X\r\ncontent-length: 6\r\n\r\nsecret".to_owned(), (502, "upstream_failed")),
        ("a proxy's 503", "HTTP/1.1 503 X\r\ncontent-length: 6\r\n\r\nsecret".to_owned(), (503, "upstream_failed")),
        ("a proxy's 504", "HTTP/1.1 504 X\r\ncontent-length: 6\r\n\r\nsecret".to_owned(), (504, "upstream_failed")),
    ];
    for (name, answer, expected) in cases {
        let (upstream, _seen) = peer(answer).await;
        let (status, kind, text) = failure(&upstream).await;
        assert_eq!((status, kind), expected, "{name}");
        assert!(text.starts_with("peer ") && !text.contains("secret") && !text.contains("127.0.0.1"), "{name}: {text}");
        // What is passed through is not decoded, and every status is an answer.
        if kind == "upstream_broken" && name != "no JSON" {
            assert_eq!(failure_of_passing_through(&upstream).await, (status, kind, text), "{name}");
        }
    }
}

#[tokio::test]
async fn a_dead_peer_is_unreachable_and_a_silent_one_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent = listener.local_addr().expect("an address").to_string();
    assert_eq!(failure(&upstream(&silent, 50)).await.0, 504);
    assert_eq!(failure_of_passing_through(&upstream(&silent, 50)).await.0, 504);
    drop(listener);
    let (status, _, text) = failure(&upstream(&silent, 5_000)).await;
    assert_eq!((status, text.as_str()), (503, "peer cannot be reached"));
    assert_eq!(failure_of_passing_through(&upstream(&silent, 5_000)).await.0, 503);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let (upstream, _seen) = peer(format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(5 * 1024 * 1024))).await;
    assert_eq!(upstream.send(get("/")).await.expect_err("too large").kind(), "upstream_broken");
}

#[tokio::test]
async fn a_call_carries_the_context_of_the_request_it_is_made_for() {
    let (upstream, mut seen) = peer(OK).await;
    let inbound: HeaderMap = [("x-canary", "v2"), ("authorization", "secret"), ("x-request-id", "abc")]
        .into_iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    let context =
        Context::admit(&inbound, &Parent::extract(&inbound), propagation::unrecorded_root(Decision::Open), false);
    let trace_id = context.trace_id();
    let call = propagation::scope(context.clone(), upstream.send(get("/items?after=1")));
    assert_eq!(call.await.expect("an answer").body(), "{}");
    let request = seen.recv().await.expect("a request").to_lowercase();
    assert!(request.starts_with("get /items?after=1 http/1.1"), "{request}");
    for part in ["x-canary: v2", "x-request-id: abc", &format!("traceparent: 00-{trace_id}-")] {
        assert!(request.contains(part), "{part}: {request}");
    }
    assert!(!request.contains("secret"), "{request}");
    assert_eq!(context.served_by(&HeaderValue::from_static("own/v1/a")), "peer/v2/pod, own/v1/a");
}

#[tokio::test]
async fn a_call_says_who_makes_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    let args =
        ClientArgs { upstream_timeout_ms: Duration::from_secs(5), upstream_connect_timeout_ms: Duration::from_secs(1) };
    let identity = Identity { service: "front", version: "v2".to_owned(), pod: "a".to_owned() };
    let upstream = Client::new(&args).expect("a client").named(&identity).upstream("peer", base);
    let call = tokio::spawn(async move { upstream.send(get("/")).await.map(drop) });
    let mut head = vec![0; 4096];
    let read = listener.accept().await.expect("a connection").0.read(&mut head).await.expect("a request");
    assert!(String::from_utf8_lossy(&head[..read]).to_lowercase().contains("user-agent: front/v2\r\n"));
    call.abort();
}

#[tokio::test]
async fn a_failed_call_is_not_tried_again() {
    let (upstream, mut seen) = peer("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(failure(&upstream).await.0, 503);
    let (closing, mut cut) = peer("").await;
    assert_eq!(failure(&closing).await.0, 502);
    for seen in [&mut seen, &mut cut] {
        assert!(seen.recv().await.is_some());
        assert!(seen.try_recv().is_err(), "exactly one attempt");
    }
}

#[tokio::test]
async fn a_call_that_is_passed_through_is_made_once() {
    let (closing, mut seen) = peer("").await;
    assert_eq!(failure_of_passing_through(&closing).await.0, 502);
    assert!(seen.recv().await.is_some());
    assert!(seen.try_recv().is_err(), "exactly one attempt");
}

#[tokio::test]
async fn calls_that_follow_each_other_share_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let upstream = upstream(&listener.local_addr().expect("an address").to_string(), 5_000);
    let answering = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        for _ in 0..2 {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                assert!(stream.read_buf(&mut head).await.expect("a head") > 0, "the connection is kept");
            }
            stream.write_all(OK.as_bytes()).await.expect("a reader");
        }
    });
    for _ in 0..2 {
        assert_eq!(upstream.send(get("/")).await.expect("an answer").body(), "{}");
    }
    answering.await.expect("both on the first connection");
}

#[tokio::test]
async fn a_crowd_finds_its_connections_again() {
    const CROWD: usize = 300;
    let listener = mesh_ready::server::listen(([127, 0, 0, 1], 0).into()).expect("a free port");
    let upstream = upstream(&listener.local_addr().expect("an address").to_string(), 20_000);
    let (opened, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(CROWD)));
    let count = Arc::clone(&opened);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(answer_when_all_have_asked(stream, Arc::clone(&all)));
        }
    });
    for _ in 0..2 {
        let mut calls = JoinSet::new();
        for _ in 0..CROWD {
            let upstream = upstream.clone();
            calls.spawn(async move { upstream.send(get("/")).await.expect("an answer") });
        }
        assert_eq!(calls.join_all().await.len(), CROWD);
    }
    assert_eq!(opened.load(Ordering::Relaxed), CROWD);
}

async fn answer_when_all_have_asked(mut stream: TcpStream, all: Arc<Barrier>) {
    let mut head = Vec::new();
    while stream.read_buf(&mut head).await.is_ok_and(|read| read > 0) {
        if head.ends_with(b"\r\n\r\n") {
            all.wait().await;
            head.clear();
            let _ = stream.write_all(OK.as_bytes()).await;
        }
    }
}
