//! How it ends, and that nothing is left then.

use std::{net::SocketAddr, process::Command, time::Instant};

use anyhow::{Context, ensure};
use e2e::{
    launcher::Launcher,
    process::Signal,
    relatives::{self, Relative},
    report::figure,
    wait::{PATIENCE, eventually},
};

use super::PORTS;

#[tokio::test]
async fn a_signal_ends_all_of_them_in_order() -> anyhow::Result<()> {
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let mut launcher = Launcher::start(&[], &[]).await?;
        let family = Family::of(&launcher)?;
        let start = Instant::now();
        launcher.signal(signal)?;
        let status = launcher.wait_exit().await?;
        figure(&format!("launcher: all ended after {signal:?} (ms)"), start.elapsed().as_millis());
        ensure!(status.code() == Some(0), "{status}: {}", launcher.log().tail());
        family.expect_gone().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_end_of_one_ends_all_with_its_code() -> anyhow::Result<()> {
    for service in ["user-service", "order-service", "api-gateway"] {
        for (signal, code) in [("KILL", 137), ("TERM", 0)] {
            let mut launcher = Launcher::start(&[], &[]).await?;
            let family = Family::of(&launcher)?;
            kill(signal, family.pid(service)?)?;
            let status = launcher.wait_exit().await?;
            let tail = launcher.log().tail();
            ensure!(status.code() == Some(code), "{service}, SIG{signal}: {status}\n{tail}");
            ensure!(launcher.log().text().contains(service), "it does not say which one ended:\n{tail}");
            family.expect_gone().await.with_context(|| format!("{service}, SIG{signal}"))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_launcher_that_is_killed_leaves_no_child() -> anyhow::Result<()> {
    let launcher = Launcher::start(&[], &[]).await?;
    let family = Family::of(&launcher)?;
    let start = Instant::now();
    kill("KILL", launcher.pid())?;
    family.expect_gone().await?;
    figure("launcher: no child left after it was killed (ms)", start.elapsed().as_millis());
    Ok(())
}

/// The children of a running launcher.
struct Family {
    children: Vec<Relative>,
    admin_addrs: Vec<SocketAddr>,
}

impl Family {
    fn of(launcher: &Launcher) -> anyhow::Result<Self> {
        let children = relatives::children(launcher.pid())?;
        ensure!(children.len() == 3, "three children expected: {children:?}");
        let admin = |(_, field): &(&str, &str)| launcher.field(field).trim_start_matches("http://").parse();
        Ok(Self { children, admin_addrs: PORTS.iter().map(admin).collect::<Result<_, _>>()? })
    }

    fn pid(&self, service: &str) -> anyhow::Result<u32> {
        let child = self.children.iter().find(|child| child.command.ends_with(service));
        Ok(child.with_context(|| format!("no {service} in {:?}", self.children))?.pid)
    }

    async fn expect_gone(&self) -> anyhow::Result<()> {
        eventually(PATIENCE, "no child is left", async || {
            for child in &self.children {
                ensure!(!relatives::lives(child)?, "{child:?} lives");
            }
            for addr in &self.admin_addrs {
                ensure!(tokio::net::TcpStream::connect(addr).await.is_err(), "somebody listens on {addr}");
            }
            Ok(())
        })
        .await
    }
}

fn kill(signal: &str, pid: u32) -> anyhow::Result<()> {
    let status = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).status()?;
    ensure!(status.success(), "kill -{signal} {pid} failed");
    Ok(())
}
