//! A database that is down is an outage of the database, not of the process.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use e2e::{
    connection::Http,
    endpoints::Endpoints,
    http,
    load::{Load, Running},
    postgres::Postgres,
    report::figure,
    service::Service,
    shop, stack,
    wait::{PATIENCE, eventually},
};

use crate::traffic::Traffic;

const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1_000);

/// What an answer may take beyond the wait for the database, on a busy machine.
const BOUND: Duration = Duration::from_millis(1_000);

/// Requests before the outage and again after it.
const REQUESTS: u64 = 500;

/// Requests during it.
const REFUSALS: u64 = 100;

/// How soon a service must be back after the database.
const RECOVERY: Duration = Duration::from_secs(5);

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn an_outage_of_the_database_under_load_is_answered_and_survived() -> anyhow::Result<()> {
    let mut postgres = Postgres::start().await?;
    let users = Service::start_ready("user-service", &[]).await?;
    let mut orders = stack::orders(&users, &on(&postgres.database("orders").await?)).await?;
    let pid = orders.pid();
    let script = Arc::new(Traffic::refusable(ACQUIRE_TIMEOUT + BOUND));
    let load = press(&orders, &script);
    load.wait_more(REQUESTS, PATIENCE).await?;

    postgres.stop().await?;
    let stopped = Instant::now();
    orders.wait_readiness(503, PATIENCE).await?;
    figure("outage: not ready after (ms)", stopped.elapsed().as_millis());
    script.wait_refused(REFUSALS).await?;
    expect_livez(&orders).await?;

    postgres.start_again().await?;
    let accepting = Instant::now();
    orders.wait_readiness(200, RECOVERY).await?;
    expect_writable(&orders).await?;
    figure("outage: serving again after the database (ms)", accepting.elapsed().as_millis());
    ensure!(accepting.elapsed() < RECOVERY, "it took {:?}", accepting.elapsed());
    load.wait_more(REQUESTS, PATIENCE).await?;

    let report = load.stop().await;
    figure("outage: answers", format!("{report}, {} of them 503", script.refused()));
    figure("outage: slowest 503 (ms)", script.slowest_refusal().as_millis());
    report.expect_flawless(2 * REQUESTS + REFUSALS)?;
    ensure!(orders.is_running() && orders.pid() == pid, "the process is another one");
    let kept = script.expect_kept(&orders).await?;
    figure("outage: acknowledged orders, all of them found", kept);
    Ok(())
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn a_service_that_starts_before_its_database_becomes_ready_with_it() -> anyhow::Result<()> {
    let mut postgres = Postgres::start().await?;
    let urls = [postgres.database("users").await?, postgres.database("orders").await?];
    postgres.stop().await?;
    let users = Service::start("user-service", &on(&urls[0])).await?;
    let url = users.url();
    let orders = Service::start("order-service", &stack::with(&on(&urls[1]), &[("USER_SERVICE_URL", &url)])).await?;
    for (service, path) in [(&users, "/users/1"), (&orders, "/orders/1")] {
        ensure!(service.readiness().await? == 503, "{} says that it is ready", service.name());
        expect_livez(service).await?;
        let refused = http::get(&format!("{}{path}", service.url())).await?.expect(503)?;
        refused.expect_error_shape()?;
        ensure!(refused.elapsed < ACQUIRE_TIMEOUT + BOUND, "{:?} to say so", refused.elapsed);
    }

    postgres.start_again().await?;
    let accepting = Instant::now();
    for (service, path) in [(&users, "/users/1"), (&orders, "/orders/1")] {
        service.wait_readiness(200, RECOVERY).await?;
        http::get(&format!("{}{path}", service.url())).await?.expect(200)?;
    }
    figure("outage: both services ready after a late database (ms)", accepting.elapsed().as_millis());
    Ok(())
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn a_database_that_hangs_is_answered_like_one_that_is_down() -> anyhow::Result<()> {
    let mut postgres = Postgres::start().await?;
    let users = Service::start_ready("user-service", &[]).await?;
    let orders = stack::orders(&users, &on(&postgres.database("orders").await?)).await?;
    let script = Arc::new(Traffic::refusable(ACQUIRE_TIMEOUT + BOUND));
    let load = press(&orders, &script);
    load.wait_more(REQUESTS, PATIENCE).await?;

    postgres.freeze()?;
    orders.wait_readiness(503, PATIENCE).await?;
    script.wait_refused(REFUSALS).await?;
    postgres.thaw()?;
    orders.wait_readiness(200, RECOVERY).await?;
    expect_writable(&orders).await?;

    let report = load.stop().await;
    figure("outage: answers around a hanging database", format!("{report}, {} of them 503", script.refused()));
    report.expect_flawless(REQUESTS + REFUSALS)?;
    script.expect_kept(&orders).await?;
    Ok(())
}

fn on(database: &str) -> [(&str, &str); 2] {
    [("DATABASE_URL", database), ("DATABASE_ACQUIRE_TIMEOUT_MS", "1000")]
}

/// Goes on through the outage, unlike traffic from a cluster, which stays away from what is not ready.
fn press(service: &Service, script: &Arc<Traffic>) -> Running {
    let endpoints = Endpoints::default();
    endpoints.add_always(service.addr());
    Load { workers: 16, http: Http::H1 }.start(&endpoints, script.clone())
}

async fn expect_livez(service: &Service) -> anyhow::Result<()> {
    http::get(&format!("{}/livez", service.admin_url())).await?.expect(200)?;
    Ok(())
}

async fn expect_writable(orders: &Service) -> anyhow::Result<()> {
    let url = format!("{}/orders", orders.url());
    eventually(RECOVERY, "an order is taken", async || {
        http::post(&url, &shop::new_order("RECOVERED-1")).await?.expect(201)?;
        Ok(())
    })
    .await
}
