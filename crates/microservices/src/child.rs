//! One service as a child process: started, listened to, ended.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use crate::role::{Addresses, Role};
use crate::terminal;

/// Set by whoever starts the launcher and meant for one process: they must not reach all three.
const NOT_INHERITED: [&str; 6] =
    ["LISTEN_ADDR", "ADMIN_ADDR", "SERVICE_VERSION", "POD_NAME", "DATABASE_URL", "OTEL_SERVICE_NAME"];

/// A running service.
pub struct Child {
    /// Which one.
    pub role: Role,
    /// Its service port.
    pub addr: SocketAddr,
    /// Its admin port.
    pub admin_addr: SocketAddr,
    process: tokio::process::Child,
    /// Closing it asks the child to go; dropping the child kills it.
    leash: Option<ChildStdin>,
}

/// A service ended before it listened; it has said why.
#[derive(Debug, thiserror::Error)]
#[error("{name} ended before it listened ({status})")]
pub struct Ended {
    name: &'static str,
    /// How it ended.
    pub status: ExitStatus,
}

impl Child {
    /// Starts a service with these variables and waits until it listens. Its lines are shown from then on.
    pub async fn start(role: Role, variables: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let name = role.workload().name;
        let mut process = command(role, variables)?.spawn().with_context(|| format!("{name} cannot be started"))?;
        let mut lines = BufReader::new(process.stdout.take().context("its output is piped")?).lines();
        let Some(addresses) = listening(&mut lines).await? else {
            return Err(Ended { name, status: process.wait().await? }.into());
        };
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                terminal::print(&line);
            }
        });
        let leash = process.stdin.take();
        Ok(Self { role, addr: addresses.service, admin_addr: addresses.admin, process, leash })
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Asks it to go and waits for its end: it finishes what is in flight, within its `DRAIN_TIMEOUT_MS`.
    pub async fn end(&mut self) -> std::io::Result<ExitStatus> {
        self.leash = None;
        self.process.wait().await
    }
}

fn command(role: Role, variables: Vec<(&'static str, String)>) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program's own path")?);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command
        .args(role.arguments())
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C goes to a terminal's whole group; the children are ended by this process, in order.
        .process_group(0)
        .kill_on_drop(true);
    Ok(command)
}

/// Shows lines until the one that tells the addresses; `None` when the child ended before.
async fn listening(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<Option<Addresses>> {
    while let Some(line) = lines.next_line().await? {
        match Addresses::from_line(&line) {
            Some(addresses) => return Ok(Some(addresses)),
            None => terminal::print(&line),
        }
    }
    Ok(None)
}
