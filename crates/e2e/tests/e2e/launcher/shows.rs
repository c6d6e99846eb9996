//! What is there right after the start.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use e2e::{
    connection::{Connection, Http},
    http::{self, get_request},
    launcher::Launcher,
    report::figure,
    shop,
    wait::{PATIENCE, eventually},
};
use tempfile::TempDir;

use super::{free_port, spawn, write};

/// The best of a few starts has to do it: other tests run at the same time, and this is a development build.
const FIRST_ANSWER: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_fresh_folder_has_seeded_data_at_all_four_addresses() -> anyhow::Result<()> {
    let launcher = Launcher::start(&[], &[]).await?;
    let gateway = launcher.field("gateway");
    let reads = [
        (format!("{gateway}/api/users/1"), "user-service", "name"),
        (format!("{gateway}/api/orders/1"), "order-service", "lines"),
    ];
    for (url, service, field) in reads {
        let body = http::get(&url).await?.expect(200)?.json()?;
        ensure!(body["service"] == service && body["data"]["id"] == 1, "{body}");
        ensure!(!body["data"][field].is_null(), "{body}");
        ensure!(body.as_object().is_some_and(|body| body.len() == 2), "more than service and data: {body}");
    }
    for (service, path) in [("user_service", "/users/1"), ("order_service", "/orders/1")] {
        let body = http::get(&format!("{}{path}", launcher.field(service))).await?.expect(200)?.json()?;
        ensure!(body["id"] == 1, "{body}");
    }
    for (service, path) in [("user_service", "/orders/1"), ("gateway", "/users/1"), ("order_service", "/users/1")] {
        http::get(&format!("{}{path}", launcher.field(service))).await?.expect(404)?.expect_error_shape()?;
    }
    Ok(())
}

#[tokio::test]
async fn the_printed_token_and_no_less_allows_a_write() -> anyhow::Result<()> {
    let launcher = Launcher::start(&[], &[]).await?;
    let url = format!("{}/api/orders", launcher.field("gateway"));
    http::post(&url, &shop::new_order("TOKEN-1")).await?.expect(401)?.expect_error_shape()?;
    let order = write(&url, &shop::new_order("TOKEN-1"), launcher.field("token")).await?.expect(201)?.json()?;
    ensure!(order["service"] == "order-service" && shop::sku(&order["data"]) == "TOKEN-1", "{order}");
    Ok(())
}

#[tokio::test]
async fn the_gateway_answers_soon_after_the_start() -> anyhow::Result<()> {
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let start = Instant::now();
        let launcher = spawn(&folder.path().join("data"), &["--gateway-port", &port.to_string()], "text")?;
        let addr: SocketAddr = ([127, 0, 0, 1], port).into();
        eventually(PATIENCE, "the gateway answers", async || {
            let mut connection = Connection::open(addr, Http::H1).await?;
            connection.send(get_request("/api/users/1")).await?.expect(200)
        })
        .await
        .with_context(|| launcher.log().tail())?;
        fastest = fastest.min(start.elapsed());
    }
    figure("launcher: from the start of the process to the first 200, best of 3 (ms)", fastest.as_millis());
    ensure!(fastest < FIRST_ANSWER, "{fastest:?}");
    Ok(())
}

#[tokio::test]
async fn the_text_shows_every_address_the_curls_and_a_token() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let launcher = spawn(&folder.path().join("data"), &[], "text")?;
    let log = launcher.log().clone();
    eventually(PATIENCE, "the welcome ends", async || {
        ensure!(log.text().contains("Ctrl-C"), "{}", log.tail());
        Ok(())
    })
    .await?;
    let text = log.text();
    let curls: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("curl http://")).collect();
    for path in ["/api/users/1", "/api/orders/1", "/users/1", "/orders/1"] {
        let curl = curls.iter().find(|curl| curl.split_once('/').is_some_and(|(_, rest)| format!("/{rest}") == path));
        let curl = curl.with_context(|| format!("no curl for {path}: {curls:?}"))?;
        http::get(&format!("http://{curl}")).await?.expect(200)?;
    }
    let token = text.lines().find_map(|line| line.trim().strip_prefix("export TOKEN=")).context("no token")?;
    let gateway = curls[0].split('/').next().context("an address")?;
    write(&format!("http://{gateway}/api/orders"), &shop::new_order("TEXT-1"), token).await?.expect(201)?;
    for service in ["api-gateway", "user-service", "order-service"] {
        let line = text.lines().find(|line| line.trim().starts_with(service) && line.contains("admin http://"));
        let admin = line.and_then(|line| line.split("admin ").nth(1)).with_context(|| format!("no {service}"))?;
        http::get(&format!("{}/livez", admin.trim())).await?.expect(200)?;
    }
    Ok(())
}
