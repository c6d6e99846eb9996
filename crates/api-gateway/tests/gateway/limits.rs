//! How often a caller may ask, and who counts as one caller.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::Request;

use crate::gateway::{Answer, Gateway, from};
use crate::service::{Service, json};

/// One request a second, three at once.
const FLAGS: [&str; 4] = ["--rate-limit-per-second", "1", "--rate-limit-burst", "3"];

async fn gateway(flags: &[&str]) -> Gateway {
    let users = Service::answering(json(200, "{}")).await;
    Gateway::with(&users.url, &users.url, &[&FLAGS[..], flags].concat())
}

/// Buckets gain a request one second after their first one. A scenario that took longer is played again, so that a
/// slow machine changes nothing.
async fn within_a_second<T>(scenario: impl AsyncFn() -> T) -> T {
    loop {
        let started = Instant::now();
        let seen = scenario().await;
        if started.elapsed() < Duration::from_secs(1) {
            return seen;
        }
    }
}

fn read(headers: &[(&str, &str)]) -> Request<Body> {
    let request =
        headers.iter().fold(Request::get("/api/users"), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).expect("a request")
}

fn write(token: &str) -> Request<Body> {
    let request = Request::post("/api/orders/7/pay").header("authorization", format!("Bearer {token}"));
    request.body(Body::empty()).expect("a request")
}

/// Seconds until the bucket of three is full again.
fn reset(left: &str) -> Option<&'static str> {
    match left {
        "2" => Some("1"),
        "1" => Some("2"),
        _ => Some("3"),
    }
}

fn budget(answer: &Answer) -> [Option<&str>; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name))
}

#[tokio::test]
async fn every_answer_tells_the_budget_and_the_last_one_when_to_come_back() {
    let (allowed, refused, page) = within_a_second(async || {
        let gateway = gateway(&[]).await;
        let unauthorized = Request::post("/api/users").body(Body::empty()).expect("a request");
        let allowed =
            [gateway.get("/api/users").await, gateway.get("/api/nothing").await, gateway.call(unauthorized).await];
        (allowed, gateway.get("/api/users").await, gateway.get("/docs").await)
    })
    .await;
    assert_eq!(allowed.each_ref().map(|answer| answer.status.as_u16()), [200, 404, 401]);
    assert_eq!(allowed.each_ref().map(budget), ["2", "1", "0"].map(|left| [Some("3"), Some(left), reset(left)]));
    assert_eq!(refused.status, 429);
    assert!(refused.problem().contains("1 s"), "{}", refused.problem());
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(budget(&refused), [Some("3"), Some("0"), Some("3")]);
    assert_eq!((page.status.as_u16(), budget(&page)), (200, [None; 3]), "pages are not limited");
}

#[tokio::test]
async fn callers_are_told_apart_by_subject_and_by_address() {
    let allowed = within_a_second(async || {
        let gateway = gateway(&[]).await;
        let spend = async |request: &dyn Fn() -> Request<Body>| {
            let mut allowed = 0;
            while gateway.call(request()).await.status != 429 {
                allowed += 1;
            }
            allowed
        };
        let (ada, bob) = (gateway.issuer.token("ada"), gateway.issuer.token("bob"));
        [
            spend(&|| from("10.0.0.1", write(&ada))).await,
            spend(&|| from("10.0.0.1", write(&bob))).await,
            spend(&|| from("10.0.0.1", read(&[]))).await,
            spend(&|| from("10.0.0.2", read(&[]))).await,
            spend(&|| from("10.0.0.2", write(&ada))).await,
        ]
    })
    .await;
    // The first request of each token costs its address one too, before the token is verified, so two of the
    // first address' three are gone. A subject has one bucket wherever it calls from.
    assert_eq!(allowed, [3, 3, 1, 3, 0]);
}

#[tokio::test]
async fn a_flood_of_bad_tokens_ends_at_the_address_and_spares_known_callers() {
    let statuses = within_a_second(async || {
        let gateway = gateway(&[]).await;
        let known = gateway.issuer.token("ada");
        let bad = (0..4).map(|number| format!("{}x{number}", gateway.issuer.token("eve")));
        let unknown = gateway.issuer.token("carol");
        let mut seen = Vec::new();
        for token in [known.clone()].into_iter().chain(bad).chain([unknown, known]) {
            seen.push(gateway.call(from("10.0.0.1", write(&token))).await.status.as_u16());
        }
        seen
    })
    .await;
    assert_eq!(statuses, [200, 401, 401, 429, 429, 429, 200]);
}

#[tokio::test]
async fn invented_forwarding_headers_do_not_make_another_caller() {
    for (proxies, real) in [("0", ""), ("1", ", 10.9.9.9")] {
        let statuses = within_a_second(async || {
            let gateway = gateway(&["--trusted-proxies", proxies]).await;
            let mut seen = Vec::new();
            for number in 0..5 {
                let forwarded = format!("1.1.1.{number}{real}");
                let request = from("10.0.0.1", read(&[("x-forwarded-for", &forwarded)]));
                seen.push(gateway.call(request).await.status.as_u16());
            }
            seen
        })
        .await;
        assert_eq!(statuses, [200, 200, 200, 429, 429], "{proxies} trusted proxies");
    }
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_told_apart() {
    let gateway = gateway(&["--trusted-proxies", "1"]).await;
    for number in 0..5 {
        let forwarded = format!("1.1.1.{number}");
        let request = from("10.0.0.1", read(&[("x-forwarded-for", &forwarded)]));
        assert_eq!(gateway.call(request).await.status, 200);
    }
}

#[tokio::test]
async fn zero_a_second_is_no_limit() {
    let users = Service::answering(json(200, "{}")).await;
    let gateway = Gateway::with(&users.url, &users.url, &["--rate-limit-per-second", "0", "--rate-limit-burst", "1"]);
    for _ in 0..10 {
        let answer = gateway.get("/api/users").await;
        assert_eq!(answer.status, 200);
        assert_eq!(budget(&answer), [None; 3]);
    }
}
