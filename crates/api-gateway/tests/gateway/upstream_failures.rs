//! Services that are dead, slow, broken or hidden behind a sidecar that answers for them.

use crate::gateway::{Answer, Gateway};
use crate::service::{Service, json, json_with, nowhere};

const SECRET: &str = "panicked at db-primary.internal:5432";

fn assert_says_nothing_of(answer: &Answer, url: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    let port = url.rsplit(':').next().expect("a port");
    for inside in [SECRET, "127.0.0.1", port, "upstream connect error", "RBAC", "html"] {
        assert!(!body.contains(inside), "{inside} in {body}");
    }
}

#[tokio::test]
async fn every_broken_answer_is_one_of_502_503_504_in_the_error_shape() {
    let cut_off = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"id\":1";
    let cut_chunk =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n";
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>hello</html>";
    let as_text = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n{}";
    let envoy = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n\
                 upstream connect error or disconnect/reset before headers";
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), 502),
        ("nothing", Vec::new(), 502),
        ("a cut body", cut_off.into(), 502),
        ("a cut chunk", cut_chunk.into(), 502),
        ("half a value", json(200, "{\"id\":1"), 502),
        ("two values", json(200, "{}{}"), 502),
        ("no value", json(200, ""), 502),
        ("an injected envelope", json(200, "{}},\"x\":{"), 502),
        ("a page", html.into(), 502),
        ("another type", as_text.into(), 502),
        ("an exception", json(500, &format!("{{\"error\":\"{SECRET}\"}}")), 502),
        ("an unknown failure", json(520, SECRET), 502),
        ("a redirect", json_with(302, "location: http://127.0.0.1:1/\r\n", ""), 502),
        ("an overload", json(503, SECRET), 503),
        ("a sidecar without endpoints", envoy.into(), 503),
        ("a sidecar's timeout", json(504, SECRET), 504),
    ];
    for (name, bytes, status) in cases {
        let users = Service::answering(bytes).await;
        let answer = Gateway::new(&users.url, &nowhere().await).get("/api/users/1").await;
        assert_eq!(answer.status, status, "{name}");
        assert!(answer.problem().contains("user-service"), "{name}: {}", answer.problem());
        assert_says_nothing_of(&answer, &users.url);
    }
}

#[tokio::test]
async fn a_dead_service_is_503_and_a_slow_one_504() {
    let dead = nowhere().await;
    let slow = Service::silent().await;
    let gateway = Gateway::with(&dead, &slow.url, &["--upstream-timeout-ms", "200"]);
    for (path, url, status) in [("/api/users/1", &dead, 503), ("/api/orders/1", &slow.url, 504)] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.problem().contains("-service"), "{}", answer.problem());
        assert_says_nothing_of(&answer, url);
    }
}

#[tokio::test]
async fn a_sidecars_refusal_keeps_its_status_and_gets_the_error_shape() {
    let plain = |status: &str, headers: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\n{headers}connection: close\r\n\r\n{body}")
    };
    let cases = [
        (plain("403 Forbidden", "", "RBAC: access denied"), 403, None),
        (plain("429 Too Many Requests", "retry-after: 7\r\n", "local_rate_limited"), 429, Some("7")),
        (plain("404 Not Found", "", ""), 404, None),
    ];
    for (bytes, status, retry_after) in cases {
        let users = Service::answering(bytes).await;
        let answer = Gateway::new(&users.url, &nowhere().await).get("/api/users/1").await;
        assert_eq!(answer.status, status);
        assert!(answer.problem().contains("user-service"));
        assert_eq!(answer.header("retry-after"), retry_after);
        assert_says_nothing_of(&answer, &users.url);
    }
}

#[tokio::test]
async fn an_injected_fault_stays_visible() {
    let users = Service::answering(json_with(503, "x-fault-injected: status=503\r\nretry-after: 1\r\n", "")).await;
    let answer = Gateway::new(&users.url, &nowhere().await).get("/api/users/1").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("x-fault-injected"), Some("status=503"));
    assert_eq!(answer.header("retry-after"), Some("1"));
}
