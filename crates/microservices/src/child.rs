//! One service as a child process: started, listened to, ended.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};

use crate::role::Role;
use crate::terminal;

/// A drain ends earlier; this is for a child that hangs.
const PATIENCE: Duration = Duration::from_secs(25);

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
    /// Closing it asks the child to go.
    leash: Option<ChildStdin>,
}

impl Child {
    /// Starts a service with these variables and waits until it listens. Its lines are shown from then on.
    pub async fn start(role: Role, variables: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let name = role.workload().name;
        let mut process = command(role, variables)?.spawn().with_context(|| format!("{name} cannot be started"))?;
        let mut lines = BufReader::new(process.stdout.take().context("its output is piped")?).lines();
        let Some((addr, admin_addr)) = listening(&mut lines).await? else {
            let status = process.wait().await?;
            bail!("{name} ended before it listened ({status})");
        };
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                terminal::print(&line);
            }
        });
        let leash = process.stdin.take();
        Ok(Self { role, addr, admin_addr, process, leash })
    }

    /// Waits for its end.
    pub async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Asks it to go; it finishes what is in flight.
    pub fn release(&mut self) {
        self.leash = None;
    }

    /// Waits for its end and kills it when it does not come.
    pub async fn end(&mut self) -> std::io::Result<ExitStatus> {
        self.release();
        match tokio::time::timeout(PATIENCE, self.process.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.process.kill().await?;
                self.process.wait().await
            }
        }
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
async fn listening(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<Option<(SocketAddr, SocketAddr)>> {
    while let Some(line) = lines.next_line().await? {
        terminal::print(&line);
        let addresses = field(&line, "addr").zip(field(&line, "admin_addr"));
        if line.contains("Listening") && addresses.is_some() {
            return Ok(addresses);
        }
    }
    Ok(None)
}

/// An address in a log line of either style: `"addr":"127.0.0.1:1"` or ` addr=127.0.0.1:1`.
fn field(line: &str, name: &str) -> Option<SocketAddr> {
    let marks = [format!(" {name}="), format!("\"{name}\":\"")];
    let start = marks.iter().find_map(|mark| line.find(mark.as_str()).map(|at| at + mark.len()))?;
    line[start..].split([' ', '"']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_lines_of_both_styles() {
        for line in [
            r#"{"message":"Listening","addr":"127.0.0.1:1","admin_addr":"127.0.0.1:2"}"#,
            "2026 INFO  user-service Listening addr=127.0.0.1:1 admin_addr=127.0.0.1:2",
        ] {
            assert_eq!(field(line, "addr"), "127.0.0.1:1".parse().ok(), "{line}");
            assert_eq!(field(line, "admin_addr"), "127.0.0.1:2".parse().ok(), "{line}");
        }
    }
}
