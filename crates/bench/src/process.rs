//! A program on a core of its own, and what the kernel says that it used.

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Where what is measured runs, and where all else does.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// For what is measured.
    pub server: usize,
    /// For load, backends and collectors.
    pub load: usize,
}

/// A running program; it is killed when this is dropped, and nothing else ever is.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Cores {
    /// The first and the last core that this process may use; on a machine with one, they are the same.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn choose() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None).context("the kernel does not tell which cores there are")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = cores.next().context("there is no core")?;
        Ok(Self { server, load: cores.next_back().unwrap_or(server) })
    }
}

impl Process {
    /// Starts `command` on `core`. Its standard output goes to the file `output`, or nowhere.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(mut command: Command, core: usize, output: Option<&Path>) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let stdout = output.map(File::create).transpose().context("the log cannot be written")?;
        command.stdin(Stdio::null()).stdout(stdout.map_or_else(Stdio::null, Stdio::from)).stderr(Stdio::null());
        let child = on_core(core, || command.spawn())?.with_context(|| format!("{name} cannot be started"))?;
        Ok(Self { child })
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// The time that its threads have spent on a core, in the kernel or not. The scheduler counts it in nanoseconds.
    ///
    /// # Errors
    /// When it is gone.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.id())).context("a measured process is gone")?;
        let times = tasks.filter_map(Result::ok).filter_map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Ok(Duration::from_nanos(times.sum()))
    }

    /// Its resident memory in MB.
    ///
    /// # Errors
    /// When it is gone.
    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        self.memory_mb("VmRSS:")
    }

    /// The part of its resident memory, in MB, that is no page of a file. Pages of the program's file are shared by all
    /// processes that run it, and the kernel may drop them when memory is short.
    ///
    /// # Errors
    /// When it is gone.
    pub fn own_mb(&self) -> anyhow::Result<f64> {
        self.memory_mb("RssAnon:")
    }

    fn memory_mb(&self, field: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).context("a measured process is gone")?;
        let kib = status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB"));
        Ok(kib.context("the kernel does not tell its memory")?.trim().parse::<f64>()? * 1024.0 / 1e6)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does something on a core; what it starts stays there.
///
/// # Errors
/// When this process may not use that core.
pub fn on_core<T>(core: usize, work: impl FnOnce() -> T) -> io::Result<T> {
    let before = sched_getaffinity(None)?;
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only)?;
    let result = work();
    sched_setaffinity(None, &before)?;
    Ok(result)
}

/// An address of this machine that nobody listens on.
///
/// # Errors
/// When there is no free port.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_in_a_process_that_works_and_not_in_one_that_sleeps() {
        let core = Cores::choose().expect("a core").server;
        let mut busy = Command::new("sh");
        busy.args(["-c", "while :; do :; done"]);
        let mut idle = Command::new("sleep");
        idle.arg("60");
        let busy = Process::start(busy, core, None).expect("a process");
        let idle = Process::start(idle, core, None).expect("a process");
        while busy.cpu_time().expect("its time") < Duration::from_millis(50) {
            std::thread::yield_now();
        }
        assert!(idle.cpu_time().expect("its time") < Duration::from_millis(20));
        let (all, own) = (idle.resident_mb().expect("its memory"), idle.own_mb().expect("its own memory"));
        assert!(0.0 < own && own < all, "{own} of {all}");
    }

    #[test]
    fn a_process_ends_with_its_handle() {
        let mut sleep = Command::new("sleep");
        sleep.arg("60");
        let process = Process::start(sleep, Cores::choose().expect("a core").server, None).expect("a process");
        let path = format!("/proc/{}", process.id());
        assert!(Path::new(&path).exists());
        drop(process);
        assert!(!Path::new(&path).exists());
    }
}
