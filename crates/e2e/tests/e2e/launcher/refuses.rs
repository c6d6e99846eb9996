//! Why it does not start, and how it says so.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, ensure};
use e2e::{
    process::{Finished, Process},
    wait::PATIENCE,
};
use tempfile::TempDir;

use super::{PORTS, command, free_port};

#[tokio::test]
async fn a_taken_port_is_named_with_the_flag_that_changes_it() -> anyhow::Result<()> {
    for (flag, _) in PORTS {
        let taken = TcpListener::bind("127.0.0.1:0")?;
        let port = taken.local_addr()?.port().to_string();
        expect_refused(&[flag, &port], &[&port, flag]).await.with_context(|| flag.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_port_that_two_of_them_want_is_named_with_its_flag() -> anyhow::Result<()> {
    let port = free_port()?.to_string();
    expect_refused(&["--user-port", &port, "--order-port", &port], &[&port, "--order-port"]).await
}

#[tokio::test]
async fn a_wrong_setting_of_a_service_ends_the_start_and_is_named() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut command = command(&folder.path().join("data"), &[], "json")?;
    let finished = Process::run("microservices", command.env("RATE_LIMIT_BURST", "0"), PATIENCE).await?;
    ensure!(finished.code == Some(2), "the code of the service that ended, not {:?}", finished.code);
    expect_failure(&finished, &["RATE_LIMIT_BURST", "400"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_belongs_to_one_launcher_at_a_time() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let data = folder.path().join("data");
    let (_running, _) = super::keeps::start(&data, &[]).await?;
    for args in [&[][..], &["--fresh"]] {
        let finished = Process::run("microservices", &mut command(&data, args, "json")?, PATIENCE).await?;
        expect_failure(&finished, &["--data", &data.display().to_string()])?;
    }
    Ok(())
}

/// Runs a launcher that must fail, with all of these words in its message and without a child that outlives it.
async fn expect_refused(args: &[&str], words: &[&str]) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let mut command = command(&folder.path().join("data"), args, "json")?;
    expect_failure(&Process::run("microservices", &mut command, PATIENCE).await?, words)
}

fn expect_failure(finished: &Finished, words: &[&str]) -> anyhow::Result<()> {
    let text = finished.log.text();
    ensure!(finished.code.is_some_and(|code| code != 0), "{:?}: {text}", finished.code);
    for word in words {
        ensure!(text.contains(word), "{word:?} is not in:\n{text}");
    }
    for line in finished.log.since(0) {
        let Some(addr) = line["addr"].as_str() else { continue };
        let addr: SocketAddr = addr.parse()?;
        ensure!(std::net::TcpStream::connect(addr).is_err(), "{} is left on {addr}", line["service"]);
    }
    Ok(())
}
