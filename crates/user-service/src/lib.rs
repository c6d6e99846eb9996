//! Who buys in the shop: users, created, read, changed and deleted over HTTP.
//!
//! [`bind`] is the process without its `main`, [`host`] the service without its ports.

mod routes;
mod store;

use mesh_ready::{Bound, Workload};

pub use routes::host;
pub use store::{Error, Store};

/// The service's name, ports and releases.
pub const WORKLOAD: Workload = Workload { name: "user-service", port: 8081, admin_port: 9081, versions: &["v1"] };

/// Who buys in the shop.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// What every process behind a sidecar needs.
    #[command(flatten)]
    pub mesh: mesh_ready::Args,
    /// Where the users are kept.
    #[command(flatten)]
    pub database: database::Args,
}

/// Starts the process's signals, opens its database and binds its ports.
///
/// # Errors
/// When a port cannot be bound or a signal cannot be set up. A database that is down is no error: the process is then
/// not ready, and answers 503.
pub async fn bind(args: Args) -> anyhow::Result<Bound> {
    let runtime = mesh_ready::start(&WORKLOAD, &args.mesh)?;
    let store = Store::open(&args.database, runtime.health().check("database"));
    let (router, openapi) = host(store).into_parts();
    Ok(runtime.bind(router, openapi).await?)
}
