//! `probe echo`: serves until it is told to end.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use clap::Args;
use http::StatusCode;
use probe::echo::{Echo, serve};
use tokio::net::TcpListener;

use crate::signal;

#[derive(Args, Debug)]
pub(crate) struct EchoArgs {
    /// The address to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// The status of each answer.
    #[arg(long, default_value = "200")]
    status: StatusCode,
    /// How long to wait before each answer.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
}

pub(crate) async fn echo(args: EchoArgs) -> ExitCode {
    let end = signal::told_to_end();
    let echo = Echo { status: args.status, delay: Duration::from_millis(args.delay_ms) };
    let served = async {
        let listener = TcpListener::bind(args.listen).await?;
        println!("listening on {}", listener.local_addr()?);
        serve(listener, echo).await
    };
    tokio::select! {
        () = end => ExitCode::SUCCESS,
        Err(error) = served => {
            eprintln!("echo on {}: {error}", args.listen);
            ExitCode::FAILURE
        }
    }
}
