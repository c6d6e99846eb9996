//! One running service: its addresses, its environment, its life.

use std::{
    net::SocketAddr,
    process::{Command, ExitStatus},
    time::Duration,
};

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    binaries, http,
    log::Log,
    process::{Finished, Process, Signal},
    token,
    wait::{PATIENCE, eventually},
};

/// The message of the line that a service prints when both ports are bound.
const LISTENING: &str = "Listening";

/// Passed on from the environment of the tests; all else is cleared, so that a developer's variables change no test.
const INHERITED: [&str; 4] = ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"];

/// What each service gets unless the test says otherwise: any free ports, one JSON object a line, no limit, and the tokens
/// of [`crate::token`].
const DEFAULTS: [(&str, &str); 5] = [
    ("LISTEN_ADDR", "127.0.0.1:0"),
    ("ADMIN_ADDR", "127.0.0.1:0"),
    ("LOG_FORMAT", "json"),
    ("RATE_LIMIT_PER_SECOND", "0"),
    ("JWKS_FILE", JWKS_FILE),
];

/// In the folder of each service.
const JWKS_FILE: &str = "jwks.json";

/// A service process. It runs in a folder of its own, which is also where a default SQLite file goes.
#[derive(Debug)]
pub struct Service {
    name: String,
    env: Vec<(String, String)>,
    folder: TempDir,
    process: Process,
    addr: SocketAddr,
    admin_addr: SocketAddr,
}

impl Service {
    /// Starts a binary with these variables and waits until it listens (not until it is ready).
    ///
    /// # Errors
    /// When it cannot be built or started, ends at once, or does not listen in time; with its last log lines.
    pub async fn start(name: &str, env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let env: Vec<_> = env.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let folder = folder()?;
        let (process, addr, admin_addr) = launch(name, &env, &folder).await?;
        Ok(Self { name: name.to_owned(), env, folder, process, addr, admin_addr })
    }

    /// Like [`Service::start`], and waits until it is ready.
    ///
    /// # Errors
    /// As [`Service::start`] and [`Service::wait_ready`].
    pub async fn start_ready(name: &str, env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let service = Self::start(name, env).await?;
        service.wait_ready().await?;
        Ok(service)
    }

    /// Runs a binary that is expected to end by itself: a wrong variable, `--help`.
    ///
    /// # Errors
    /// When it cannot be started, or has not ended in time.
    pub async fn run(name: &str, args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<Finished> {
        let folder = folder()?;
        let mut command = prepare(name, env.iter().copied(), &folder)?;
        Process::run(name, command.args(args), PATIENCE).await
    }

    /// Starts it again with the same variables in the same folder, as Kubernetes replaces a pod: unless `LISTEN_ADDR` says
    /// otherwise, the new one has another address. A process that still runs is killed.
    ///
    /// # Errors
    /// As [`Service::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.process.kill();
        (self.process, self.addr, self.admin_addr) = launch(&self.name, &self.env, &self.folder).await?;
        Ok(())
    }

    /// The name of its binary.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it serves.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where its admin port is.
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// The root of its API, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The root of its admin port, without a slash at the end.
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.admin_addr)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What the current process printed.
    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// Whether the process lives.
    pub fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// The status of `/readyz`; an error when the admin port cannot be reached.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn readiness(&self) -> anyhow::Result<u16> {
        let answer = http::get(&format!("{}/readyz", self.admin_url())).await?;
        Ok(answer.status.as_u16())
    }

    /// Waits until `/readyz` answers 200.
    ///
    /// # Errors
    /// When it does not in time; with what was pending and the last log lines.
    pub async fn wait_ready(&self) -> anyhow::Result<()> {
        self.wait_readiness(200, PATIENCE).await
    }

    /// Waits until `/readyz` answers `status`.
    ///
    /// # Errors
    /// When it does not within `deadline`; with its last answer and the last log lines.
    pub async fn wait_readiness(&self, status: u16, deadline: Duration) -> anyhow::Result<()> {
        let url = format!("{}/readyz", self.admin_url());
        let what = format!("/readyz of {} answers {status}", self.name);
        let reached = eventually(deadline, &what, async || {
            let answer = http::get(&url).await?;
            ensure!(answer.status == status, "{} {}", answer.status, answer.text());
            Ok(())
        });
        reached.await.with_context(|| format!("last lines of {}:\n{}", self.name, self.log().tail()))
    }

    /// Sends SIGTERM, as Kubernetes does.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn terminate(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::Terminate)
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        self.process.signal(signal)
    }

    /// Waits for the end of the process.
    ///
    /// # Errors
    /// When it still runs after [`PATIENCE`].
    pub async fn wait_exit(&mut self) -> anyhow::Result<ExitStatus> {
        self.process.wait_exit(PATIENCE).await
    }

    /// Ends it the hard way.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

fn folder() -> anyhow::Result<TempDir> {
    let folder = TempDir::new()?;
    std::fs::write(folder.path().join(JWKS_FILE), token::jwks().to_string())?;
    Ok(folder)
}

async fn launch(
    name: &str,
    env: &[(String, String)],
    folder: &TempDir,
) -> anyhow::Result<(Process, SocketAddr, SocketAddr)> {
    let env = env.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let mut process = Process::spawn(name, &mut prepare(name, env, folder)?)?;
    let line = process.wait_started(|log| log.message(0, LISTENING)).await?;
    Ok((process, address(&line, "addr")?, address(&line, "admin_addr")?))
}

fn prepare<'a>(name: &str, env: impl Iterator<Item = (&'a str, &'a str)>, folder: &TempDir) -> anyhow::Result<Command> {
    let mut command = Command::new(binaries::path(name)?);
    let inherited = std::env::vars().filter(|(key, _)| INHERITED.contains(&key.as_str()));
    command.env_clear().envs(inherited).envs(DEFAULTS).envs(env).current_dir(folder.path());
    Ok(command)
}

fn address(line: &Value, field: &str) -> anyhow::Result<SocketAddr> {
    let text = line[field].as_str().with_context(|| format!("no {field} in {line}"))?;
    text.parse().with_context(|| format!("{text:?} is no address"))
}
