//! A child process that cannot outlive its handle.

use std::{
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};

use serde_json::Value;

use crate::{
    log::Log,
    wait::{PATIENCE, eventually},
};

/// A running program and what it printed.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: Log,
}

/// The signals that tests send.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// What Kubernetes sends before it ends a container.
    Terminate,
    /// Ctrl-C.
    Interrupt,
    /// PostgreSQL's "immediate" stop.
    Quit,
    /// Freezes the process, which then looks like a slow one.
    Stop,
    /// Ends the freeze.
    Continue,
}

/// How a program that ended by itself went.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// All that it printed, stdout and stderr together.
    pub log: Log,
}

impl Process {
    /// Starts `command`, keeping its output. `name` is for messages only.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let log = Log::default();
        log.follow(child.stdout.take().expect("stdout is piped"));
        log.follow(child.stderr.take().expect("stderr is piped"));
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// Runs `command` to its end.
    ///
    /// # Errors
    /// When it cannot be started or has not ended after `deadline`; it is killed then.
    pub async fn run(name: &str, command: &mut Command, deadline: Duration) -> anyhow::Result<Finished> {
        let mut process = Self::spawn(name, command)?;
        let status = process.wait_exit(deadline).await?;
        Ok(Finished { code: status.code(), log: process.log.clone() })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        // The check also keeps the id from meaning somebody else: a child's id is free only after it was waited for.
        ensure!(self.is_running(), "{} has ended already\n{}", self.name, self.log.tail());
        ensure!(signal.send(&self.pid().to_string())?, "{} cannot be signalled", self.name);
        Ok(())
    }

    /// Sends a signal to the process, then to its children.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn signal_family(&mut self, signal: Signal) -> anyhow::Result<()> {
        self.signal(signal)?;
        let pid = self.pid();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        // A child that has ended meanwhile is none any more.
        signal.send(&children.context("the kernel lists no children")?)?;
        Ok(())
    }

    /// Waits until `find` finds the line that says that the program has started.
    ///
    /// # Errors
    /// When it ends instead, or does not say so in time; with its last lines.
    pub async fn wait_started(&mut self, find: impl Fn(&Log) -> Option<Value>) -> anyhow::Result<Value> {
        let log = self.log.clone();
        let started = eventually(PATIENCE, "it says so", async || match find(&log) {
            Some(line) => Ok(Some(line)),
            None if self.is_running() => anyhow::bail!("it runs and has not"),
            None => Ok(None),
        });
        let line = started.await.and_then(|line| line.context("it ended"));
        if line.is_err() {
            self.kill();
            log.complete().await;
        }
        line.with_context(|| format!("{} does not start; its last lines:\n{}", self.name, log.tail()))
    }

    /// Waits for the end, and for the last line of its log.
    ///
    /// # Errors
    /// When it still runs after `deadline`.
    pub async fn wait_exit(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let what = format!("{} ends", self.name);
        let child = &mut self.child;
        let ended = eventually(deadline, &what, async || child.try_wait()?.context("it still runs")).await;
        if ended.is_ok() {
            self.log.complete().await;
        }
        ended.with_context(|| format!("last lines of {}:\n{}", self.name, self.log.tail()))
    }

    /// Waits for the end without a deadline, and blocks: for a [`Drop`] only.
    pub(crate) fn wait(&mut self) {
        // It fails only for a process that is gone, which is what was wanted.
        let _ = self.child.wait();
    }

    /// Ends it the hard way and waits until it is gone. Does nothing when it has ended.
    pub fn kill(&mut self) {
        // Both fail only for a process that is gone, which is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Signal {
    /// Sends it to these ids, separated by spaces; whether all of them got it.
    fn send(self, pids: &str) -> anyhow::Result<bool> {
        let kill = format!("kill -{} {pids}", self.name());
        let output = Command::new("sh").args(["-c", &kill]).output().context("cannot run sh")?;
        Ok(output.status.success())
    }

    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_finished_program_shows_its_code_and_both_streams() {
        let finished = Process::run("sh", &mut shell("echo out; echo err >&2; exit 3"), PATIENCE).await;
        let finished = finished.expect("it ends");
        assert_eq!(finished.code, Some(3));
        let text = finished.log.text();
        assert!(text.contains("out") && text.contains("err"), "{text}");
    }

    #[tokio::test]
    async fn a_line_is_found_by_its_message_and_by_its_fields() {
        let script = r#"echo 'no json'; echo '{"message":"Listening","addr":"127.0.0.1:1"}'; exec sleep 60"#;
        let process = Process::spawn("sh", &mut shell(script)).expect("sh starts");
        let line = process.log().wait_for(0, "Listening", PATIENCE).await.expect("it was printed");
        assert_eq!(line["addr"], "127.0.0.1:1");
        assert_eq!(process.log().find("addr", "127.0.0.1:1").len(), 1);
        assert_eq!(process.log().find("addr", "elsewhere").len(), 0);
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_reported_and_killed() {
        let error = Process::run("sleeper", &mut shell("exec sleep 60"), Duration::from_millis(50)).await;
        assert!(format!("{:#}", error.expect_err("it sleeps")).contains("sleeper ends: not within 50ms"));
    }

    #[tokio::test]
    async fn a_signal_reaches_the_program() {
        let script = "trap 'exit 7' TERM; echo '{\"message\":\"armed\"}'; while true; do sleep 0.01; done";
        let mut process = Process::spawn("sh", &mut shell(script)).expect("sh starts");
        process.log().wait_for(0, "armed", PATIENCE).await.expect("the trap is set");
        process.signal(Signal::Terminate).expect("it runs");
        assert_eq!(process.wait_exit(PATIENCE).await.expect("it ends").code(), Some(7));
        process.signal(Signal::Terminate).expect_err("it has ended");
    }
}
