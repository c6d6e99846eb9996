//! The servers that are needed besides the services: what stands behind them, and what they are compared with.

mod backend;
mod collector;
mod handler;
mod proxy;

use std::net::SocketAddr;

use clap::Subcommand;

/// What `bench serve` is told.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Answers each request with the same user
    Backend {
        /// The address to listen on
        listen: SocketAddr,
    },
    /// Takes spans by OTLP/gRPC and forgets them
    Collector {
        /// The address to listen on
        listen: SocketAddr,
    },
    /// Passes requests on, with hyper alone
    Proxy {
        /// The address to listen on
        listen: SocketAddr,
        /// Where to
        upstream: SocketAddr,
    },
    /// user-service's GET /users/{id} on a user in memory; the settings of the signals come by the environment
    Handler {
        /// The address to listen on
        listen: SocketAddr,
        /// Without metrics, log and traces
        #[arg(long)]
        silent: bool,
    },
}

/// Serves until the process is killed.
///
/// # Errors
/// When the address is taken.
pub fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    // All of them have one core, and so one thread.
    mesh_ready::executor()?.block_on(async {
        match args.what.clone() {
            What::Backend { listen } => backend::serve(listen).await,
            What::Collector { listen } => collector::serve(listen).await,
            What::Proxy { listen, upstream } => proxy::serve(listen, upstream).await,
            What::Handler { listen, silent } => handler::serve(listen, silent).await,
        }
    })
}
