//! The whole system on a laptop: `cargo run -p microservices`.
//!
//! Each service is a child process of this same binary, because the metrics recorder, the log and the tracer
//! are one a process. This process only starts them, shows what they say, and ends them together.

mod args;
mod child;
mod data;
mod family;
mod launch;
mod observe;
mod ports;
mod readiness;
mod role;
#[cfg(test)]
mod settings_page;
mod terminal;
mod welcome;

use std::process::ExitCode;

use clap::CommandFactory;
use mesh_ready::config;

#[tokio::main]
async fn main() -> ExitCode {
    let result = match role::requested() {
        Some(role) => role.run().await.map(|()| ExitCode::SUCCESS),
        None => launch::run(settings()).await,
    };
    // One line with its causes: what goes wrong here is a taken port or a missing folder, not a bug to trace.
    result.unwrap_or_else(|error| {
        eprintln!("microservices: {error:#}");
        ExitCode::FAILURE
    })
}

fn settings() -> args::Args {
    config::read(args::Args::command(), std::env::args_os()).unwrap_or_else(|error| error.exit())
}
