//! The command line: one small program for pods that have no shell.

mod command;
mod signal;

use std::process::ExitCode;

use clap::Parser;

use crate::command::{collect, echo, get, load, relay, tcp};

/// Calls services and counts what comes back.
#[derive(Debug, Parser)]
#[command(name = "probe", version)]
enum Command {
    /// Waits until it is told to end: PID 1 of a pod in which the other commands are run.
    Idle,
    /// Sends requests, shows a table, and exits with 1 when one failed or got an unexpected status.
    Load(load::LoadArgs),
    /// Sends one request and shows the answer as it came. Exits with 3 when there was none.
    Get(get::GetArgs),
    /// Says how a port behaves: open, postgres, closed, refused, timeout, unreachable or unresolved.
    Tcp(tcp::TcpArgs),
    /// Answers each request with what it received; /count tells how many there were, /reset starts anew.
    Echo(echo::EchoArgs),
    /// Passes on the bytes of each connection: who reaches it speaks with the identity of its pod.
    Relay(relay::RelayArgs),
    /// Takes spans over OTLP/gRPC and tells them as JSON: /spans, /spans?trace=ID, and the counts alone on any other path.
    Collect(collect::CollectArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Command::parse() {
        Command::Idle => {
            signal::told_to_end().await;
            ExitCode::SUCCESS
        }
        Command::Load(args) => load::load(args).await,
        Command::Get(args) => get::get(args).await,
        Command::Tcp(args) => tcp::tcp(args).await,
        Command::Echo(args) => echo::echo(args).await,
        Command::Relay(args) => relay::relay(args).await,
        Command::Collect(args) => collect::collect(args).await,
    }
}
