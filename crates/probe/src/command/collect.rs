//! `probe collect`: takes spans and tells them until it is told to end.

use std::{net::SocketAddr, process::ExitCode};

use clap::Args;
use probe::collect::{CAPACITY, Spans, take, tell};
use tokio::net::TcpListener;

use crate::signal;

#[derive(Args, Debug)]
pub(crate) struct CollectArgs {
    /// The address for OTLP/gRPC.
    #[arg(long)]
    otlp: SocketAddr,
    /// The address for JSON.
    #[arg(long)]
    json: SocketAddr,
    /// How many spans are kept; the oldest go first.
    #[arg(long, default_value_t = CAPACITY)]
    capacity: usize,
}

pub(crate) async fn collect(args: CollectArgs) -> ExitCode {
    let end = signal::told_to_end();
    let served = async {
        let (otlp, json) = (TcpListener::bind(args.otlp).await?, TcpListener::bind(args.json).await?);
        println!("OTLP on {}, JSON on {}", otlp.local_addr()?, json.local_addr()?);
        let spans = Spans::new(args.capacity);
        tokio::try_join!(take(otlp, spans.clone()), tell(json, spans))
    };
    tokio::select! {
        () = end => ExitCode::SUCCESS,
        Err(error) = served => {
            eprintln!("collect on {} and {}: {error}", args.otlp, args.json);
            ExitCode::FAILURE
        }
    }
}
