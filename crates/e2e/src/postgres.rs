//! A PostgreSQL server of the test's own: the installed programs, a temporary folder, any free port, TCP only.

use std::{
    fs::Permissions,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::{
    process::{Process, Signal},
    wait::{PATIENCE, eventually},
};

/// How to get the programs.
const MISSING: &str = "PostgreSQL is not installed (Debian: apt-get install postgresql)";

/// The server and the role that owns it all. Connections from this machine need no password.
const SUPERUSER: &str = "postgres";

/// A server. Dropping it ends it and removes its data.
#[derive(Debug)]
pub struct Postgres {
    programs: Programs,
    folder: TempDir,
    port: u16,
    process: Option<Process>,
    frozen: bool,
}

/// The installed programs and who can run them.
#[derive(Clone, Debug)]
struct Programs {
    folder: PathBuf,
    /// A user and group to become: the server refuses to run as root.
    user: Option<(u32, u32)>,
}

impl Postgres {
    /// Makes an empty server and waits until it accepts connections.
    ///
    /// # Errors
    /// When PostgreSQL is not installed, or does not start; with its last lines.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let programs = Programs::find(folder.path())?;
        programs.give(folder.path())?;
        let data = folder.path().join("data");
        let initdb =
            ["--auth=trust", "--username", SUPERUSER, "--no-sync", "--encoding=UTF8", "--locale=C", "--pgdata"];
        programs.run(programs.command("initdb").args(initdb).arg(&data)).await?;
        let mut postgres = Self { programs, folder, port: port()?, process: None, frozen: false };
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// Ends the server at once, as a crash would: no connection is finished, and the next start recovers from the log.
    ///
    /// # Errors
    /// When it does not run, or does not end.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let mut process = self.process.take().context("the server is stopped already")?;
        process.signal(Signal::Quit)?;
        process.wait_exit(PATIENCE).await?;
        Ok(())
    }

    /// Starts the stopped server on the same data and port, and waits until it accepts connections.
    ///
    /// # Errors
    /// When it does not; with its last lines.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let mut command = self.programs.command("postgres");
        command.arg("-D").arg(self.folder.path().join("data")).args(["-p", &self.port.to_string()]);
        // What is written survives the end of the process without fsync, only not the end of the machine.
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=200"] {
            command.args(["-c", setting]);
        }
        let process = self.process.insert(Process::spawn("postgres", &mut command)?);
        let log = process.log().clone();
        let accepts =
            eventually(PATIENCE, "PostgreSQL accepts connections", async || self.query(SUPERUSER, "SELECT 1").await);
        accepts.await.with_context(|| format!("last lines of the server:\n{}", log.tail()))?;
        Ok(())
    }

    /// Stops every process of the server where it is: connections stay open, and nothing answers on them.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&mut self) -> anyhow::Result<()> {
        self.frozen = true;
        self.process.as_mut().context("the server is stopped")?.signal_family(Signal::Stop)
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&mut self) -> anyhow::Result<()> {
        self.frozen = false;
        self.process.as_mut().context("the server is stopped")?.signal_family(Signal::Continue)
    }

    /// Creates an empty database and gives its URL.
    ///
    /// # Errors
    /// When it exists already.
    pub async fn database(&self, name: &str) -> anyhow::Result<String> {
        self.query(SUPERUSER, &format!("CREATE DATABASE {name}")).await?;
        Ok(self.url(name))
    }

    /// The URL of a database, also while the server is stopped.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs an SQL statement and gives what it prints: a row a line, columns separated by `|`.
    ///
    /// # Errors
    /// When the server or the statement fails.
    pub async fn query(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let mut psql = self.programs.command("psql");
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "-v", "ON_ERROR_STOP=1", "--command", sql]);
        self.programs.run(psql.arg(self.url(database))).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // What fails here fails for a server that is gone, which is what was wanted.
        if self.frozen {
            let _ = self.thaw();
        }
        // Killed outright, the parent would leave its children behind; told to quit, it ends them first.
        if let Some(process) = &mut self.process
            && process.signal(Signal::Quit).is_ok()
        {
            process.wait();
        }
    }
}

impl Programs {
    fn find(folder: &Path) -> anyhow::Result<Self> {
        let programs = option_env!("POSTGRES_BIN").context(MISSING)?;
        ensure!(Path::new(programs).join("initdb").is_file(), MISSING);
        let is_root = std::fs::metadata(folder)?.uid() == 0;
        let user = is_root.then(unprivileged).transpose()?;
        Ok(Self { folder: programs.into(), user })
    }

    fn command(&self, program: &str) -> Command {
        let program = self.folder.join(program);
        let Some((user, group)) = self.user else {
            return Command::new(program);
        };
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
        command.arg("--").arg(program);
        command
    }

    /// Lets the user that runs the server own its folder.
    fn give(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let Some((user, group)) = self.user else {
            return Ok(());
        };
        chown(folder, Some(user), Some(group)).context("cannot give the data folder away")
    }

    async fn run(&self, command: &mut Command) -> anyhow::Result<String> {
        let finished = Process::run("a PostgreSQL program", command.current_dir("/"), PATIENCE).await?;
        ensure!(finished.code == Some(0), "{command:?}:\n{}", finished.log.text());
        Ok(finished.log.text())
    }
}

/// The package's own user, else nobody, from the list of users.
fn unprivileged() -> anyhow::Result<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").context("cannot read the list of users")?;
    let ids = |name: &str| {
        let fields: Vec<&str> = users.lines().map(|line| line.split(':').collect()).find(|f: &Vec<_>| f[0] == name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).context("root cannot run PostgreSQL, and there is no user to become")
}

/// A free port that stays free while the server is stopped: below those that the kernel gives out by itself, because the
/// services of the tests around take any of these.
fn port() -> anyhow::Result<u16> {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 10_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test processes that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(97);
    let ports = (0..COUNT).map(|_| FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT);
    let mut ports = ports.filter_map(|port| u16::try_from(port).ok());
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).context("no port is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
    async fn data_outlives_a_crash_of_the_server() -> anyhow::Result<()> {
        let mut postgres = Postgres::start().await?;
        let url = postgres.database("shop").await?;
        postgres.query("shop", "CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('kept')").await?;
        postgres.stop().await?;
        postgres.query("shop", "SELECT 1").await.expect_err("it is down");
        postgres.start_again().await?;
        assert_eq!(postgres.query("shop", "SELECT text FROM note").await?, "kept");
        assert_eq!(url, postgres.url("shop"));
        Ok(())
    }
}
