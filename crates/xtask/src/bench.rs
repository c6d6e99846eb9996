//! Measures the project: builds the benchmark as it is built for release, and lets it do the rest.

use std::ffi::OsString;

use crate::command::{finish, program};

/// What the benchmark is told; see `cargo xtask bench -- --help`.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// `--quick`, `--json FILE`, `--page [FILE]`, `--only ROW,...`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// Runs it, and fails as it fails.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let line = "cargo run --quiet --release --package bench -- run";
    finish(program(line).args(&args.arguments), line)
}
