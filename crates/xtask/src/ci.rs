//! What CI runs besides the tests, in the sequence that fails fastest.

use std::process::Command;

use anyhow::bail;

use crate::command::{self, exists, finish, program};
use crate::dashboards;
use crate::verify::{self, VerifyArgs};

const DENY: &str = "cargo deny --offline check --hide-inclusion-graph bans licenses sources";

/// Runs everything; the first failure ends it.
pub fn run(args: VerifyArgs) -> anyhow::Result<()> {
    command::run("cargo fmt --all --check")?;
    verify::run(args)?;
    dashboards::check()?;
    if !exists("cargo deny --version") {
        bail!("cargo-deny is missing; install it with: cargo install --locked cargo-deny");
    }
    command::run(DENY)?;
    command::run("cargo clippy --workspace --all-targets --quiet -- -D warnings")?;
    doc()
}

fn doc() -> anyhow::Result<()> {
    let line = "cargo doc --workspace --no-deps --quiet";
    println!("$ RUSTDOCFLAGS=-Dwarnings {line}");
    let mut command: Command = program(line);
    finish(command.env("RUSTDOCFLAGS", "-Dwarnings"), line)
}
