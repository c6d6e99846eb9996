//! A process that listens, and is asked only after it has given a right answer.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::load::Request;
use crate::process::Process;

/// Under valgrind a start takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that answers.
#[derive(Debug)]
pub struct Server {
    /// The process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    /// The body of its first answer.
    pub body: String,
}

impl Server {
    /// Starts a program on a core and waits for a right answer to `request`.
    ///
    /// # Errors
    /// When there is none.
    pub fn start(command: Command, core: usize, address: SocketAddr, request: &Request) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        Self::awaited(&name, Process::start(command, core, None)?, address, request)
    }

    /// Waits for a process that is there already.
    ///
    /// # Errors
    /// When it ends, or gives no right answer in time.
    pub fn awaited(name: &str, mut process: Process, address: SocketAddr, request: &Request) -> anyhow::Result<Self> {
        let began = Instant::now();
        loop {
            let why = match ask(address, request) {
                Ok(body) => return Ok(Self { process, address, body }),
                Err(why) => why,
            };
            if process.has_ended() {
                bail!("{name} has ended instead of answering");
            }
            if began.elapsed() > PATIENCE {
                return Err(why).with_context(|| format!("{name} gives no right answer"));
            }
            std::thread::yield_now();
        }
    }
}

/// The body of the answer to the first of these requests.
///
/// # Errors
/// When there is no answer, or one with another status.
pub fn ask(address: SocketAddr, request: &Request) -> anyhow::Result<String> {
    let mut plan = probe::Plan::new(format!("http://{address}{}", request.path(0)).parse()?);
    plan.method = request.method.parse()?;
    plan.body = request.body(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(probe::call(&plan)).map_err(|failure| anyhow::anyhow!("{failure}"))?;
    if answer.status.as_u16() != request.status {
        bail!("{} {}", answer.status, answer.text());
    }
    Ok(answer.text())
}
