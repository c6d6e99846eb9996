//! Runs the programs that a task consists of.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate is in crates/").to_owned()
}

/// A program at the root of the workspace; the line is split at blanks.
pub fn program(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().expect("a line names a program"));
    command.args(words).current_dir(root());
    command
}

/// Runs a program to its end, showing what it prints.
pub fn run(line: &str) -> anyhow::Result<()> {
    println!("$ {line}");
    finish(&mut program(line), line)
}

/// Runs a line with pipes in it to its end, showing what it prints. Each part of a pipe may fail it.
pub fn shell(line: &str) -> anyhow::Result<()> {
    println!("$ {line}");
    let mut bash = program("bash");
    finish(bash.args(["-o", "pipefail", "-c", line]), line)
}

/// Waits for a prepared program.
pub fn finish(command: &mut Command, line: &str) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{line}: cannot be started"))?;
    if status.success() { Ok(()) } else { bail!("{line}: {status}") }
}

/// What a program prints to standard output.
pub fn output(line: &str) -> anyhow::Result<String> {
    let output =
        program(line).stderr(Stdio::inherit()).output().with_context(|| format!("{line}: cannot be started"))?;
    if !output.status.success() {
        bail!("{line}: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a program is there and answers.
pub fn exists(line: &str) -> bool {
    program(line).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
