//! How many instructions does a request take in user space: valgrind's callgrind counts them, the same each time.
//!
//! The time of a request differs with what else the machine does; this number does not, so it is the one that changes of
//! the code are judged by. It leaves out the kernel.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::load::{Load, Request, Until};
use crate::process::{Cores, Process};
use crate::programs::{self, output};
use crate::server::Server;

/// Enough for every path to be taken that is taken once in a while.
const WARM_UP: u64 = 400;

/// A server under callgrind.
#[derive(Debug)]
pub struct Counted {
    server: Server,
    folder: tempfile::TempDir,
    dumps: u32,
}

/// Why instructions cannot be counted here.
#[must_use]
pub fn obstacle() -> Option<String> {
    let missing = !programs::is_installed("valgrind") || !programs::is_installed("vgdb");
    missing.then(|| "valgrind is not installed, so no instructions are counted: apt-get install valgrind".to_owned())
}

impl Counted {
    /// Starts `command`, which listens on `address`, and asks it some hundred times.
    ///
    /// # Errors
    /// When it does not start or does not answer.
    pub fn start(command: &Command, address: SocketAddr, request: &Request, cores: Cores) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut counted = Command::new("valgrind");
        counted.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", folder.path().join("out").display()));
        counted.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            counted.env(name, value.unwrap_or_default());
        }
        let process = Process::start(counted, cores.server, None)?;
        let server = Server::awaited("callgrind", process, address, request)?;
        let this = Self { server, folder, dumps: 0 };
        this.load(request).run(cores.load, Until::Count(WARM_UP))?;
        Ok(this)
    }

    /// Instructions of all threads for `count` requests, divided by them.
    ///
    /// # Errors
    /// When callgrind does not do as it is told.
    pub fn per_request(&mut self, request: &Request, count: u64, cores: Cores) -> anyhow::Result<f64> {
        self.tell("zero")?;
        self.load(request).run(cores.load, Until::Count(count))?;
        self.tell("dump")?;
        self.dumps += 1;
        let dump = fs::read_to_string(self.folder.path().join(format!("out.{}", self.dumps)))?;
        Ok(total(&dump).context("callgrind wrote no total")? as f64 / count as f64)
    }

    /// One connection: what is counted is a request, not what many of them share.
    fn load(&self, request: &Request) -> Load {
        Load { address: self.server.address, connections: 1, request: request.clone() }
    }

    fn tell(&self, word: &str) -> anyhow::Result<()> {
        output("vgdb", &[&format!("--pid={}", self.server.process.id()), word]).map(drop)
    }

    /// Where the last dump is, for `callgrind_annotate`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The sum over all functions.
fn total(dump: &str) -> Option<u64> {
    dump.lines().find_map(|line| line.strip_prefix("totals:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_is_read_from_a_dump() {
        assert_eq!(super::total("version: 1\nsummary: 14339\n\nfn=(1)\n1 2\ntotals: 14722\n"), Some(14_722));
        assert_eq!(super::total("version: 1\n"), None);
    }
}
