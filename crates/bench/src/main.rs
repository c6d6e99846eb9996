//! `bench run` measures; `bench serve` is one of the servers that it measures or needs. `cargo xtask bench` runs it.

use std::process::ExitCode;

use bench::{RunArgs, ServeArgs};
use clap::{Parser, Subcommand};

/// What a hop, a service, a start and an image cost.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures, and prints a table
    Run(RunArgs),
    /// Serves until it is killed
    Serve(ServeArgs),
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Run(args) => bench::run(&args),
        Command::Serve(args) => bench::serve(&args),
    };
    result.map_or_else(
        |error| {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}
