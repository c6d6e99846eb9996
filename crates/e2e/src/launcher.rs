//! The laptop launcher: three services under one command.

use std::process::{Command, ExitStatus};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    binaries,
    log::Log,
    process::{Process, Signal},
    wait::PATIENCE,
};

/// The message of the line that says that everything is up.
const READY: &str = "ready";

/// A running launcher and the addresses that it printed. Its data is in a folder that goes with it.
#[derive(Debug)]
pub struct Launcher {
    process: Process,
    ready: Value,
    _folder: TempDir,
}

impl Launcher {
    /// Starts it on any free ports with a new data folder, and waits until it is ready. `args` are added and win.
    ///
    /// # Errors
    /// When it cannot be built, ends, or is not ready in time; with its last lines.
    pub async fn start(args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let mut process = Process::spawn("microservices", command(&folder)?.args(args).envs(env.iter().copied()))?;
        let ready = process.wait_started(ready_line).await?;
        Ok(Self { process, ready, _folder: folder })
    }

    /// A field of its ready line: the URLs `gateway`, `user_service`, `order_service`, each also with `_admin`, and `token`,
    /// a bearer token for writes.
    ///
    /// # Panics
    /// When the line has no such text.
    pub fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("the ready line has no {name}: {}", self.ready))
    }

    /// What it and its children printed.
    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// The launcher's process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Sends a signal to the launcher alone.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        self.process.signal(signal)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it still runs after [`PATIENCE`].
    pub async fn wait_exit(&mut self) -> anyhow::Result<ExitStatus> {
        self.process.wait_exit(PATIENCE).await
    }
}

/// The children's lines pass through, so the message alone does not tell.
fn ready_line(log: &Log) -> Option<Value> {
    log.find("message", READY).into_iter().find(|line| line["service"] == "microservices")
}

fn command(folder: &TempDir) -> anyhow::Result<Command> {
    let mut command = Command::new(binaries::path("microservices")?);
    for port in ["gateway", "user", "order", "gateway-admin", "user-admin", "order-admin"] {
        command.args([&format!("--{port}-port"), "0"]);
    }
    command.args(["--log-format", "json", "--data"]).arg(folder.path().join("data"));
    Ok(command)
}
