//! A process that is told to go fails nobody: the bar for every rollout.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use ::http::{HeaderValue, Request};
use anyhow::{Context, ensure};
use bytes::Bytes;
use e2e::{
    connection::{Connection, Http},
    endpoints::Endpoints,
    http::{self, Answer, get_request, post_request},
    load::{Load, Running, Script},
    otlp::Collector,
    report::figure,
    service::Service,
    settings::Settings,
    shop, stack, token,
    wait::{PATIENCE, eventually},
};
use serde_json::json;

/// Replicas that are ended and replaced during a run, one after the other.
const RESTARTS: usize = 4;

/// Long enough for the load to notice what is not ready any more.
const DRAIN_DELAY: (&str, &str) = ("DRAIN_DELAY_MS", "400");

#[tokio::test]
async fn user_service_restarts_under_http1_load_without_a_failed_request() -> anyhow::Result<()> {
    rollout("user-service", Http::H1).await
}

#[tokio::test]
async fn user_service_restarts_under_h2c_load_without_a_failed_request() -> anyhow::Result<()> {
    rollout("user-service", Http::H2c).await
}

#[tokio::test]
async fn order_service_restarts_under_http1_load_without_a_failed_request() -> anyhow::Result<()> {
    rollout("order-service", Http::H1).await
}

#[tokio::test]
async fn order_service_restarts_under_h2c_load_without_a_failed_request() -> anyhow::Result<()> {
    rollout("order-service", Http::H2c).await
}

#[tokio::test]
async fn api_gateway_restarts_under_http1_load_without_a_failed_request() -> anyhow::Result<()> {
    rollout("api-gateway", Http::H1).await
}

#[tokio::test]
async fn api_gateway_restarts_under_h2c_load_without_a_failed_request() -> anyhow::Result<()> {
    rollout("api-gateway", Http::H2c).await
}

#[tokio::test]
async fn a_draining_service_is_not_ready_and_serves_on() -> anyhow::Result<()> {
    // Long enough for two questions on a machine that is busy with other tests.
    let mut service = Service::start_ready("user-service", &[("DRAIN_DELAY_MS", "10000")]).await?;
    service.terminate()?;
    service.wait_readiness(503, PATIENCE).await?;
    http::get(&format!("{}/users/1", service.url())).await?.expect(200)?;
    expect_exit_code(&mut service, 0).await
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_process_ends() -> anyhow::Result<()> {
    let slow = [("FAULT_LATENCY", "700ms:100"), ("DRAIN_DELAY_MS", "0")];
    let users = Service::start_ready("user-service", &[]).await?;
    let orders = stack::orders(&users, &[]).await?;
    for http in [Http::H1, Http::H2c] {
        expect_finished(Service::start_ready("user-service", &slow).await?, http, "/users/1").await?;
        expect_finished(stack::orders(&users, &slow).await?, http, "/orders/1").await?;
        expect_finished(stack::gateway(&users, &orders, &slow).await?, http, "/api/users/1").await?;
    }
    Ok(())
}

async fn expect_finished(mut service: Service, http: Http, path: &'static str) -> anyhow::Result<()> {
    let mut connection = Connection::open(service.addr(), http).await?;
    let request = tokio::spawn(async move { connection.send(get_request(path)).await });
    wait_in_flight(&service).await?;
    service.terminate()?;
    request.await?.and_then(|answer| answer.expect(200)).with_context(|| format!("{http:?} {path}"))?;
    expect_exit_code(&mut service, 0).await
}

#[tokio::test]
async fn a_second_signal_ends_the_drain_at_once() -> anyhow::Result<()> {
    let mut service = Service::start_ready("user-service", &[("DRAIN_DELAY_MS", "60000")]).await?;
    service.terminate()?;
    service.wait_readiness(503, PATIENCE).await?;
    let second = Instant::now();
    service.terminate()?;
    let code = service.wait_exit().await?.code();
    figure("drain: ended after a second signal (ms)", second.elapsed().as_millis());
    ensure!(second.elapsed() < Duration::from_secs(2), "it took {:?}", second.elapsed());
    ensure!(code.is_some_and(|code| code != 0), "a drain that was cut short is no success: {code:?}");
    Ok(())
}

/// Two replicas under load; one after the other is ended and replaced.
async fn rollout(name: &'static str, http: Http) -> anyhow::Result<()> {
    let requests = Settings::get().choose(20_000, 3_000);
    let collector = Collector::start()?;
    let (mut replicas, _behind) = replicas(name, &collector).await?;
    let endpoints = Endpoints::default();
    replicas.iter().for_each(|replica| endpoints.add(replica));
    let script = Arc::new(Traffic { name, answered: Mutex::default() });
    let load = Load { workers: 16, http }.start(&endpoints, script.clone());

    let what = format!("drain, {name}, {http:?}");
    let ended = restart_each(&mut replicas, &endpoints, &load, requests).await;
    let patience = PATIENCE + Duration::from_millis(requests * 20);
    let enough = load.wait_done(requests, patience).await;
    let report = load.stop().await;
    figure(&what, &report);
    ended.and(enough).with_context(|| what.clone())?;
    report.expect_flawless(requests).with_context(|| what.clone())?;
    for replica in &mut replicas {
        replica.terminate()?;
        expect_exit_code(replica, 0).await?;
    }
    let missing = script.missing_spans(&collector);
    figure(&format!("{what}: requests without a span"), format!("{missing} of {}", report.succeeded));
    ensure!(missing == 0, "{missing} spans are missing");
    Ok(())
}

async fn restart_each(
    replicas: &mut [Service],
    endpoints: &Endpoints,
    load: &Running,
    requests: u64,
) -> anyhow::Result<()> {
    for turn in 0..RESTARTS {
        let replica = &mut replicas[turn % 2];
        load.wait_more(requests / (RESTARTS as u64 + 2), PATIENCE + PATIENCE).await?;
        replica.terminate()?;
        replica.wait_readiness(503, Duration::from_secs(2)).await?;
        ensure!(replica.is_running(), "it was not ready only when it was gone");
        expect_exit_code(replica, 0).await?;
        endpoints.remove(replica.addr());
        replica.restart().await?;
        replica.wait_ready().await?;
        endpoints.add(replica);
    }
    Ok(())
}

/// Two replicas of `name`, and what has to run behind them.
async fn replicas(name: &str, collector: &Collector) -> anyhow::Result<(Vec<Service>, Vec<Service>)> {
    let endpoint = collector.endpoint();
    let traced = [
        DRAIN_DELAY,
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_TRACES_SAMPLER", "parentbased_always_on"),
        // Load from a test makes more spans a second than the default queue holds.
        ("OTEL_BSP_MAX_QUEUE_SIZE", "200000"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ];
    let mut behind = Vec::new();
    if name != "user-service" {
        behind.push(Service::start_ready("user-service", &[]).await?);
    }
    if name == "api-gateway" {
        behind.push(stack::orders(&behind[0], &[]).await?);
    }
    let mut replicas = Vec::new();
    for pod in ["a", "b"] {
        let env = stack::with(&traced, &[("POD_NAME", pod)]);
        replicas.push(match behind.as_slice() {
            [] => Service::start_ready(name, &env).await?,
            [users] => stack::orders(users, &env).await?,
            [users, orders, ..] => stack::gateway(users, orders, &env).await?,
        });
    }
    Ok((replicas, behind))
}

async fn expect_exit_code(service: &mut Service, expected: i32) -> anyhow::Result<()> {
    let status = service.wait_exit().await?;
    let tail = service.log().tail();
    ensure!(status.code() == Some(expected), "{} ended with {status}; last lines:\n{tail}", service.name());
    Ok(())
}

/// Waits until the service counts a request as being worked on.
async fn wait_in_flight(service: &Service) -> anyhow::Result<()> {
    let url = format!("{}/metrics", service.admin_url());
    eventually(PATIENCE, "a request is in flight", async || {
        let metrics = http::get(&url).await?.text();
        let mut pending = metrics.lines().filter(|line| line.starts_with("axum_http_requests_pending"));
        ensure!(pending.any(|line| line.ends_with(" 1")), "none is pending");
        Ok(())
    })
    .await
}

/// Mostly reads, some writes, at the paths of a service. Remembers the trace of each answer.
struct Traffic {
    name: &'static str,
    answered: Mutex<Vec<String>>,
}

impl Traffic {
    fn missing_spans(&self, collector: &Collector) -> usize {
        let exported = collector.trace_ids(self.name);
        let answered = self.answered.lock().expect("no holder panics");
        answered.iter().filter(|trace_id| !exported.contains(*trace_id)).count()
    }
}

impl Script for Traffic {
    fn request(&self, n: u64) -> Request<Bytes> {
        let user = json!({"name": "Drain", "email": format!("drain-{n}@example.com")});
        let order = shop::new_order(&format!("DRAIN-{n}"));
        match (self.name, n % 8) {
            ("user-service", 0) => post_request("/users", &user),
            ("user-service", 1) => get_request("/users?limit=5"),
            ("user-service", _) => get_request("/users/1"),
            ("order-service", 0) => post_request("/orders", &order),
            ("order-service", 1) => get_request("/orders?user_id=1&limit=5"),
            ("order-service", _) => get_request("/orders/1"),
            (_, 0) => authorized(post_request("/api/users", &user)),
            (_, 1) => get_request("/api/users/1/overview"),
            (_, 2..5) => get_request("/api/orders/1"),
            (_, _) => get_request("/api/users/1"),
        }
    }

    fn judge(&self, _: u64, answer: &Answer) -> Result<(), String> {
        if !answer.status.is_success() {
            return Err(format!("status {}", answer.status));
        }
        let trace_id = answer.trace_id().ok_or("no traceresponse")?.to_owned();
        self.answered.lock().expect("no holder panics").push(trace_id);
        Ok(())
    }
}

fn authorized(mut request: Request<Bytes>) -> Request<Bytes> {
    let token = HeaderValue::try_from(token::bearer("e2e")).expect("a token is a header value");
    request.headers_mut().insert("authorization", token);
    request
}
