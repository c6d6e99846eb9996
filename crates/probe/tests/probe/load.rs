//! Loads against servers that answer, are slow, or fail in each way.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use probe::{
    Answer, Cause, Failure, Http, Outcome, Plan, Rate, Running, Target, call,
    echo::{COUNT, Count, Echo, RESET},
    run,
};

use crate::fake;

const AT_ONCE: Echo = Echo { status: StatusCode::OK, delay: Duration::ZERO };

fn slow(ms: u64) -> Echo {
    Echo { delay: Duration::from_millis(ms), ..AT_ONCE }
}

fn plan(addr: SocketAddr) -> Plan {
    Plan::new(addr.into())
}

async fn count_at(addr: SocketAddr, path: &str) -> u64 {
    let url: Target = format!("http://{addr}{path}").parse().expect("a URL");
    let answer = call(&Plan::new(url)).await.expect("an answer");
    serde_json::from_slice::<Count>(&answer.body).expect("a count").count
}

async fn quiet(plan: Plan) -> Outcome {
    run(plan, |_| {}).await
}

#[tokio::test]
async fn exactly_as_many_requests_arrive_as_were_asked_for() {
    for http in [Http::H1, Http::H2c] {
        for rate in [Rate::Closed { workers: 7 }, Rate::PerSecond(2_000.0)] {
            for fresh_connections in [false, true] {
                let addr = fake::echo(AT_ONCE).await;
                let outcome = quiet(Plan { http, rate, fresh_connections, count: Some(101), ..plan(addr) }).await;
                assert!(outcome.is_flawless(), "{http:?} {rate:?}: {outcome}");
                assert_eq!((outcome.sent, outcome.answered, outcome.by_status[&200]), (101, 101, 101));
                assert_eq!(count_at(addr, COUNT).await, 101, "{http:?} {rate:?}");
                assert_eq!((count_at(addr, RESET).await, count_at(addr, COUNT).await), (101, 0));
            }
        }
    }
}

#[tokio::test]
async fn an_open_loop_keeps_its_rate_when_answers_are_slow() {
    let plan = Plan {
        rate: Rate::PerSecond(200.0),
        duration: Some(Duration::from_millis(500)),
        ..plan(fake::echo(slow(300)).await)
    };
    let outcome = quiet(Plan { connections: 100, ..plan }).await;
    assert_eq!((outcome.sent, outcome.answered), (100, 100), "{outcome}");
    // The last request is due at 495 ms and takes 300 ms. One after the other they would take 30 s.
    assert!((0.79..1.6).contains(&outcome.duration_seconds), "{outcome}");
}

#[tokio::test]
async fn latency_counts_from_when_a_request_was_due() {
    // One connection answers ten requests a second, twenty are due: the last of ten waits for about half a second.
    let plan =
        Plan { rate: Rate::PerSecond(20.0), count: Some(10), connections: 1, ..plan(fake::echo(slow(100)).await) };
    let outcome = quiet(plan).await;
    assert!(outcome.is_flawless(), "{outcome}");
    assert!(outcome.latency.max_ms() >= 540.0, "{}", outcome.table());
    assert!((90.0..540.0).contains(&outcome.latency.quantile_ms(0.5)), "{}", outcome.table());
}

#[tokio::test]
async fn a_request_that_finds_no_connection_in_time_is_late() {
    let plan = Plan {
        rate: Rate::PerSecond(100.0),
        count: Some(20),
        connections: 1,
        timeout: Duration::from_millis(400),
        ..plan(fake::echo(slow(300)).await)
    };
    let outcome = quiet(plan).await;
    assert_eq!((outcome.sent, outcome.answered + outcome.failures()), (20, 20), "{outcome}");
    assert!(outcome.answered >= 1 && outcome.failed[&Cause::Late] >= 10, "{outcome}");
}

#[tokio::test]
async fn an_open_loop_has_a_bound_on_what_is_under_way() {
    let plan = Plan {
        rate: Rate::PerSecond(100_000.0),
        count: Some(10_500),
        connections: 1,
        ..plan(fake::echo(slow(60_000)).await)
    };
    let running = Running::start(Plan { timeout: Duration::from_secs(60), ..plan });
    while running.outcome().sent < 10_500 {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.outcome().failed, [(Cause::Late, 500)].into());
}

#[tokio::test]
async fn each_failure_has_its_cause() {
    let cases = [
        (Cause::Refused, Http::H1, fake::nobody().await),
        (Cause::Refused, Http::H2c, fake::nobody().await),
        (Cause::Reset, Http::H1, fake::reset().await),
        (Cause::Reset, Http::H2c, fake::reset().await),
        (Cause::ClosedEarly, Http::H1, fake::script(|_, _| None).await),
        (Cause::ClosedEarly, Http::H1, fake::once("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await),
        (
            Cause::ClosedEarly,
            Http::H1,
            fake::once("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf").await,
        ),
        (Cause::Timeout, Http::H1, fake::echo(slow(60_000)).await),
        (Cause::Timeout, Http::H2c, fake::echo(slow(60_000)).await),
        (Cause::Invalid, Http::H1, fake::script(|_, _| Some("SSH-2.0-server\r\n\r\n".to_owned())).await),
        (Cause::Invalid, Http::H2c, fake::script(|_, _| Some(fake::answer(200, "", "no frames"))).await),
    ];
    for (cause, http, addr) in cases {
        let timeout = Duration::from_millis(if cause == Cause::Timeout { 200 } else { 5_000 });
        let outcome = quiet(Plan { http, timeout, count: Some(2), ..plan(addr) }).await;
        assert_eq!(outcome.failed, [(cause, 2)].into(), "{http:?}: {}", outcome.table());
        assert_eq!(outcome.samples[0].what, cause.to_string());
    }
    let nowhere = Plan { count: Some(1), ..Plan::new("http://nobody.invalid/".parse().expect("a URL")) };
    assert_eq!(quiet(nowhere).await.failed, [(Cause::Unresolved, 1)].into());
}

#[tokio::test]
async fn a_redirect_and_an_unexpected_status_are_answers() {
    let addr = fake::script(|_, n| {
        let location = "location: http://127.0.0.1:1/\r\n";
        Some(if n == 0 { fake::answer(302, location, "elsewhere") } else { fake::answer(503, "", "later") })
    });
    let plan = Plan { count: Some(3), expect: vec![503], ..plan(addr.await) };
    let outcome = quiet(plan).await;
    assert_eq!((outcome.by_status, outcome.unexpected), ([(302, 1), (503, 2)].into(), 1));
    assert_eq!((outcome.samples.len(), outcome.samples[0].text.as_str()), (1, "elsewhere"));
}

#[tokio::test]
async fn a_connection_that_ended_while_idle_is_replaced_and_counted() {
    let addr = fake::once("HTTP/1.1 204 Any\r\n\r\n").await;
    for (http, addr) in [(Http::H1, addr), (Http::H2c, fake::once_h2c().await)] {
        let plan = Plan { http, connections: 1, rate: Rate::PerSecond(10.0), count: Some(3), ..plan(addr) };
        let outcome = quiet(plan).await;
        assert_eq!((outcome.is_flawless(), outcome.reconnects), (true, 2), "{http:?}: {}", outcome.table());
    }
}

#[tokio::test]
async fn an_announced_end_is_no_reconnect() {
    let addr = fake::once("HTTP/1.1 204 Any\r\nconnection: close\r\n\r\n").await;
    let outcome = quiet(Plan { rate: Rate::PerSecond(10.0), count: Some(3), ..plan(addr) }).await;
    assert_eq!((outcome.is_flawless(), outcome.reconnects), (true, 0), "{}", outcome.table());
}

#[tokio::test]
async fn a_written_request_is_not_sent_again() {
    let addr = fake::script(|_, n| (n == 0).then(|| fake::answer(200, "", ""))).await;
    let outcome = quiet(Plan { count: Some(4), ..plan(addr) }).await;
    assert_eq!((outcome.answered, outcome.failed, outcome.reconnects), (2, [(Cause::ClosedEarly, 2)].into(), 0));
}

#[tokio::test]
async fn the_services_of_an_answer_are_counted() {
    let addr = fake::script(|_, n| {
        let version = if n % 4 == 0 { "v2" } else { "v1" };
        let hops = format!("x-served-by: order-service/{version}/a, api-gateway/v1/g\r\n");
        Some(fake::answer(200, if n == 9 { "" } else { &hops }, ""))
    });
    let outcome = quiet(Plan { count: Some(10), ..plan(addr.await) }).await;
    let by_hop: Vec<_> = outcome.by_hop.iter().map(|(hop, count)| (hop.as_str(), *count)).collect();
    assert_eq!(by_hop, [("api-gateway/v1", 9), ("none", 1), ("order-service/v1", 6), ("order-service/v2", 3)]);
    assert_eq!(outcome.by_pod["order-service/v2/a"], 3);
}

#[tokio::test]
async fn an_observer_sees_each_number_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let memory = seen.clone();
    let plan = Plan { count: Some(50), rate: Rate::Closed { workers: 5 }, ..plan(fake::echo(AT_ONCE).await) };
    let mut running = Running::start_observed(plan, move |n: u64, result: &Result<Answer, Failure>| {
        assert!(result.is_ok());
        memory.lock().expect("nobody panics").push(n);
    });
    running.ended().await;
    let mut seen = seen.lock().expect("nobody panics").clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_load_without_an_end_goes_on_until_it_is_stopped() {
    for rate in [Rate::Closed { workers: 2 }, Rate::PerSecond(100.0)] {
        let running = Running::start(Plan { rate, ..plan(fake::echo(slow(20)).await) });
        while running.outcome().answered < 10 {
            tokio::task::yield_now().await;
        }
        let outcome = running.stop().await;
        assert!(outcome.is_flawless() && outcome.answered >= 10, "{outcome}");
        assert_eq!(outcome.sent, outcome.answered, "what was under way was waited for");
    }
}
