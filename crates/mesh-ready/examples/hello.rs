//! The smallest service on `mesh-ready`: `cargo run -p mesh-ready --example hello`, then
//! `curl -i localhost:8088` and `curl localhost:9088/readyz`.

use axum::Router;
use axum::routing::get;
use clap::Parser;
use mesh_ready::{Workload, config, shutdown};

const WORKLOAD: Workload = Workload { name: "hello", port: 8088, admin_port: 9088, versions: &["v1"] };

/// Says hello.
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    mesh: mesh_ready::Args,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Args = config::parse(&WORKLOAD);
    let runtime = mesh_ready::start(&WORKLOAD, &args.mesh)?;
    let app = Router::new().route("/", get(async || "hello\n"));
    let bound = runtime.bind(app, serde_json::json!({})).await?;
    Ok(bound.run_until(shutdown::signal()).await?)
}
