//! What the live tests start.

mod alertmanager;
mod prometheus;
mod replay;
mod server;
mod splitter;

pub use alertmanager::{Alertmanager, Webhook};
pub use prometheus::Prometheus;
pub use replay::Replay;
pub use splitter::Splitter;

use anyhow::Context;
use e2e::process::Process;
use e2e::wait::{PATIENCE, eventually};
use std::net::SocketAddr;

/// The address in the line in which Prometheus and its relatives tell that they listen.
async fn listening(name: &str, process: &Process) -> anyhow::Result<SocketAddr> {
    let log = process.log().clone();
    let what = format!("{name} listens");
    let found = eventually(PATIENCE, &what, async || {
        let text = log.text();
        let line = text.lines().find(|line| line.contains("msg=\"Listening on\"")).context("it does not say so")?;
        let addr = line.split("address=").nth(1).context("it tells no address")?;
        Ok(addr.trim().parse()?)
    });
    found.await.with_context(|| log.text())
}
