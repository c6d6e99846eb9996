//! Faults on request: drawn, marked, counted, and gone when asked.

use ::http::Method;
use anyhow::ensure;
use e2e::{
    connection::{Connection, Http},
    http::{self, get_request, request},
    report::figure,
    service::Service,
};
use serde_json::json;

use super::{REQUESTS, expect, scrape, url};

#[tokio::test]
async fn injected_faults_are_drawn_marked_counted_and_gone_on_request() -> anyhow::Result<()> {
    const ASKED: usize = 2_000;
    const SHARE: f64 = 0.2;
    let service = Service::start_ready("user-service", &[]).await?;
    let faults = format!("{}/faults", service.admin_url());
    let plan = json!({"status": "503:20"});
    let set = http::send(request(Method::PUT, &faults, Some(&plan))).await?.expect(200)?.json()?;
    ensure!(set["status"] == "503:20", "{set}");

    let mut connection = Connection::open(service.addr(), Http::H1).await?;
    let mut spoiled = 0;
    for _ in 0..ASKED {
        let answer = connection.send(get_request("/users/1")).await?;
        let mark = answer.header("x-fault-injected");
        match answer.status.as_u16() {
            200 => ensure!(mark.is_none(), "a good answer is marked {mark:?}"),
            503 => ensure!(mark == Some("status=503"), "it is marked {mark:?}"),
            other => anyhow::bail!("{other}: {}", answer.text()),
        }
        if answer.status == 503 {
            answer.expect_error_shape()?;
            spoiled += 1;
        }
    }
    let (expected, sigma) = (ASKED as f64 * SHARE, (ASKED as f64 * SHARE * (1.0 - SHARE)).sqrt());
    figure("faults: spoiled of 2000 at 20 %", spoiled);
    ensure!(
        (f64::from(spoiled) - expected).abs() <= 4.0 * sigma,
        "{spoiled}, expected {expected} +- {:.0}",
        4.0 * sigma
    );
    let spoiled = usize::try_from(spoiled)?;
    let metrics = scrape(&service).await?;
    expect(&metrics, "faults_injected_total", &[("kind", "status")], spoiled)?;
    expect(&metrics, REQUESTS, &[("status", "503"), ("endpoint", "/users/{id}")], spoiled)?;
    expect(&metrics, REQUESTS, &[("status", "200"), ("endpoint", "/users/{id}")], ASKED - spoiled)?;

    for path in ["/livez", "/readyz", "/metrics", "/version"] {
        for _ in 0..50 {
            let answer = http::get(&format!("{}{path}", service.admin_url())).await?.expect(200)?;
            ensure!(answer.header("x-fault-injected").is_none(), "{path} is marked");
        }
    }
    http::send(request(Method::DELETE, &faults, None)).await?.expect(200)?;
    for _ in 0..100 {
        let answer = connection.send(get_request("/users/1")).await?.expect(200)?;
        ensure!(answer.header("x-fault-injected").is_none(), "it is still marked");
    }
    Ok(())
}

#[tokio::test]
async fn a_plan_that_cannot_be_meant_is_refused_and_changes_nothing() -> anyhow::Result<()> {
    let service = Service::start_ready("user-service", &[("FAULT_STATUS", "503:0")]).await?;
    let faults = format!("{}/faults", service.admin_url());
    let before = http::get(&faults).await?.expect(200)?.json()?;
    let wrong =
        [json!({"status": "200:5"}), json!({"status": "503:101"}), json!({"latency": "1h:5"}), json!({"stat": ""})];
    for plan in wrong {
        http::send(request(Method::PUT, &faults, Some(&plan))).await?.expect(400)?;
    }
    let after = http::get(&faults).await?.expect(200)?.json()?;
    ensure!(before == after, "{before} became {after}");
    http::get(&url(&service, "/users/1")).await?.expect(200)?;
    Ok(())
}
