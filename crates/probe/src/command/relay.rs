//! `probe relay`: passes on until it is told to end.

use std::{net::SocketAddr, process::ExitCode};

use clap::Args;
use probe::relay::serve;
use tokio::net::TcpListener;

use crate::signal;

#[derive(Args, Debug)]
pub(crate) struct RelayArgs {
    /// The address to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// Where to, as host:port.
    #[arg(long)]
    to: String,
}

pub(crate) async fn relay(args: RelayArgs) -> ExitCode {
    let end = signal::told_to_end();
    let served = async {
        let listener = TcpListener::bind(args.listen).await?;
        println!("listening on {}", listener.local_addr()?);
        serve(listener, args.to).await
    };
    tokio::select! {
        () = end => ExitCode::SUCCESS,
        Err(error) = served => {
            eprintln!("relay on {}: {error}", args.listen);
            ExitCode::FAILURE
        }
    }
}
