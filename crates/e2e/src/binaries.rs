//! Where the programs under test are.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{report::figure, settings::Settings};

/// The path of a binary of the workspace. The first call builds them all, in the profile and target folder of the tests,
/// so that the tests never run against yesterday's code. `E2E_BIN_DIR` names a folder to take them from instead.
///
/// # Errors
/// When the build fails (with the compiler's output) or there is no such binary.
pub fn path(name: &str) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &Settings::get().bin_dir {
        let binary = folder.join(name);
        ensure!(binary.is_file(), "there is no {}", binary.display());
        return Ok(binary);
    }
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    let binaries = built.as_ref().map_err(|error| anyhow::anyhow!("{error}"))?;
    binaries.get(name).cloned().with_context(|| format!("the workspace has no binary {name}"))
}

fn build() -> anyhow::Result<BTreeMap<String, PathBuf>> {
    figure("binaries", "cargo build --workspace --bins");
    let output = command()?.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo build failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(executables(&output))
}

/// Tests live in `TARGET/PROFILE/deps`, and cargo calls the folder of the profile `dev` "debug".
fn command() -> anyhow::Result<Command> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).context("the test runs outside a target folder")?;
    let target = folder.parent().context("the profile folder has a parent")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut command = Command::new(&Settings::get().cargo);
    command.args(["build", "--workspace", "--bins", "--message-format=json-render-diagnostics"]);
    command.args(["--profile", profile]).arg("--target-dir").arg(target);
    Ok(command)
}

/// Cargo says where it put each binary, which is right for every layout of the target folder.
fn executables(output: &Output) -> BTreeMap<String, PathBuf> {
    let messages = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages.filter_map(|message: Value| executable(&message)).collect()
}

fn executable(message: &Value) -> Option<(String, PathBuf)> {
    let path = Path::new(message["executable"].as_str()?);
    Some((message["target"]["name"].as_str()?.to_owned(), path.to_owned()))
}
