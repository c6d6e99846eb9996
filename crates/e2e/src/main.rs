//! The executed proof: asks a deployed shop, through its ingress and from inside its cluster, for what the manifests promise.
//!
//! `cargo xtask e2e` starts it with a token. It uses the current kubeconfig through `kubectl`, and an URL.

mod cluster;

use std::process::ExitCode;

use clap::Parser;

use crate::cluster::Args;

#[tokio::main]
async fn main() -> ExitCode {
    match cluster::run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("e2e: {error:#}");
            ExitCode::from(2)
        }
    }
}
