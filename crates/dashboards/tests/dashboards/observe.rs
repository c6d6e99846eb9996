//! `cargo run -p microservices -- --observe`: is the laptop's Prometheus there, does it see all three, and does it go?

use std::net::SocketAddr;

use anyhow::ensure;
use e2e::http;
use e2e::launcher::Launcher;
use e2e::process::Signal;
use e2e::wait::eventually;
use tokio::net::TcpStream;

use crate::shop::SOON;

#[tokio::test]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn the_launcher_starts_a_prometheus_that_sees_all_three_and_ends_with_them() -> anyhow::Result<()> {
    let mut launcher = Launcher::start(&["--observe", "--prometheus-port", "0"], &[]).await?;
    let url = launcher.field("prometheus").to_owned();
    let seen = eventually(SOON, "three processes are scraped", async || {
        let answer = http::get(&format!("{url}/api/v1/query?query=up")).await?.json()?;
        let up = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        ensure!(up.len() == 3 && up.iter().all(|one| one["value"][1] == "1"), "{up:?}");
        Ok(())
    });
    seen.await?;
    let rules = http::get(&format!("{url}/api/v1/rules")).await?.text();
    ensure!(
        rules.contains("canary:verdict:state5m") && rules.contains("TargetDown"),
        "the rules are not loaded: {rules}"
    );

    launcher.signal(Signal::Terminate)?;
    ensure!(launcher.wait_exit().await?.success(), "it ended badly");
    let addr: SocketAddr = url.trim_start_matches("http://").parse()?;
    ensure!(TcpStream::connect(addr).await.is_err(), "its Prometheus is left behind");
    Ok(())
}

#[tokio::test]
async fn without_a_prometheus_the_launcher_says_what_to_install() -> anyhow::Result<()> {
    let refused = Launcher::start(&["--observe"], &[("PATH", "/nonexistent")]).await;
    let text = format!("{:#}", refused.err().ok_or_else(|| anyhow::anyhow!("it starts without one"))?);
    ensure!(text.contains("apt-get install prometheus"), "{text}");
    Ok(())
}
