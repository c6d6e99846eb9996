//! Which programs are measured, and how are they built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The services, as release builds.
const SERVICES: [&str; 3] = ["api-gateway", "user-service", "order-service"];

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Builds the services as they are shipped, but with SQLite.
    ///
    /// # Errors
    /// When they do not compile.
    pub fn build() -> anyhow::Result<Self> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--release"]).current_dir(root());
        cargo.args(SERVICES.map(|name| format!("--package={name}")));
        if !cargo.status().context("cargo cannot be started")?.success() {
            bail!("the services do not compile");
        }
        Ok(Self { folder: target().join("release") })
    }

    /// A service, or this program itself.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }
}

/// This very program, as one of the servers of `bench serve`.
///
/// # Errors
/// When the operating system does not tell where it is.
pub fn stand_in(name: &str, arguments: &[String]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", name]).args(arguments);
    Ok(command)
}

/// The folder that holds `Cargo.lock`.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the crate is two folders below the root")
}

/// Where cargo puts what it builds: this program is in `release` or `debug` below it.
#[must_use]
pub fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// Whether a program can be started by its name.
#[must_use]
pub fn is_installed(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// What a program that ends by itself writes to standard output.
///
/// # Errors
/// When it cannot be started, or fails.
pub fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("{program} cannot be started"))?;
    if !output.status.success() {
        bail!("{program} {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
