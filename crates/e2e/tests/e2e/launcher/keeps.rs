//! What outlives it.

use std::path::Path;

use anyhow::{Context, ensure};
use e2e::{
    postgres::Postgres,
    process::{Process, Signal},
    shop,
    wait::PATIENCE,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{spawn, write};

#[tokio::test]
async fn a_second_start_keeps_what_was_written_and_a_fresh_one_does_not() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    // A folder's name is the user's choice, also where it would mean something in a URL.
    let data = folder.path().join("my data #1 100%25?");
    let (written, seed) = write_and_end(&data, &[]).await?;
    let again = start(&data, &[]).await?;
    ensure!(orders(&again).await?.contains(&written), "{written} is lost");
    end(again).await?;
    let fresh = start(&data, &["--fresh"]).await?;
    ensure!(orders(&fresh).await? == seed, "not the seed alone: {:?}", orders(&fresh).await?);
    end(fresh).await
}

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn a_postgresql_server_takes_the_place_of_the_files() -> anyhow::Result<()> {
    let postgres = Postgres::start().await?;
    let url = postgres.url("");
    let folder = TempDir::new()?;
    let data = folder.path().join("data");
    let server = ["--postgres", url.as_str()];
    let (written, seed) = write_and_end(&data, &server).await?;
    let count = postgres.query("order_service", "SELECT COUNT(*) FROM orders").await?;
    ensure!(count == (seed.len() + 1).to_string(), "{count} orders in the server");
    let files: Vec<_> = std::fs::read_dir(&data)?.flatten().map(|entry| entry.file_name()).collect();
    ensure!(!files.iter().any(|file| file.to_string_lossy().contains(".db")), "files beside the server: {files:?}");
    let again = start(&data, &server).await?;
    ensure!(orders(&again).await?.contains(&written), "{written} is lost");
    end(again).await?;
    let fresh = start(&data, &[server[0], server[1], "--fresh"]).await?;
    ensure!(orders(&fresh).await? == seed, "not the seed alone");
    end(fresh).await
}

async fn write_and_end(data: &Path, args: &[&str]) -> anyhow::Result<(i64, Vec<i64>)> {
    let launcher = start(data, args).await?;
    let seed = orders(&launcher).await?;
    ensure!(!seed.is_empty(), "the seed has orders");
    let url = format!("{}/api/orders", field(&launcher, "gateway"));
    let order = write(&url, &shop::new_order("KEPT-1"), field(&launcher, "token")).await?.expect(201)?.json()?;
    end(launcher).await?;
    Ok((order["data"]["id"].as_i64().context("an id")?, seed))
}

async fn orders(launcher: &(Process, Value)) -> anyhow::Result<Vec<i64>> {
    let orders = shop::all(&format!("{}/orders", field(launcher, "order_service"))).await?;
    Ok(orders.iter().filter_map(|order| order["id"].as_i64()).collect())
}

pub(super) fn field<'a>((_, ready): &'a (Process, Value), name: &str) -> &'a str {
    ready[name].as_str().unwrap_or_default()
}

/// Starts one on a folder that outlives it, and waits until it is ready.
pub(super) async fn start(data: &Path, args: &[&str]) -> anyhow::Result<(Process, Value)> {
    let mut process = spawn(data, args, "json")?;
    let ready = json!("microservices");
    let line = process.wait_started(|log| log.find("message", "ready").into_iter().find(|l| l["service"] == ready));
    let line = line.await?;
    Ok((process, line))
}

async fn end((mut process, _): (Process, Value)) -> anyhow::Result<()> {
    process.signal(Signal::Terminate)?;
    let status = process.wait_exit(PATIENCE).await?;
    ensure!(status.code() == Some(0), "{status}: {}", process.log().tail());
    Ok(())
}
