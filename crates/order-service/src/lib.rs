//! What the shop has sold, and how far it got: orders, placed once and moved step by step, over HTTP.
//!
//! [`bind`] is the process without its `main`, [`host`] the service without its ports.
//!
//! | question | file |
//! |---|---|
//! | What is answered to which request? | `routes`, `answer` |
//! | Where are the orders kept, and how? | `store`, `rows` |
//! | Which step may follow which? | [`steps`] |
//! | Has this request been answered before? | `idempotency`, `turns` |
//! | Does the buyer exist? | `buyers` |
//! | What do the releases do differently? | `release` |

mod answer;
mod buyers;
mod idempotency;
mod release;
mod routes;
mod rows;
pub mod steps;
mod store;
mod turns;

use mesh_ready::{Bound, Workload};
use url::Url;

pub use buyers::{BuyerError, Buyers};
pub use release::Release;
pub use routes::host;
pub use store::{Error, Store};

/// The service's name, ports and releases.
pub const WORKLOAD: Workload =
    Workload { name: "order-service", port: 8082, admin_port: 9082, versions: &["v1", "v2"] };

/// What the shop has sold, and how far it got.
#[derive(Clone, Debug, clap::Parser)]
#[command(version)]
pub struct Args {
    /// What every process behind a sidecar needs.
    #[command(flatten)]
    pub mesh: mesh_ready::Args,
    /// Where the orders are kept.
    #[command(flatten)]
    pub database: database::Args,
    /// Base URL of user-service, for example http://user-service:8081
    #[arg(long, env, value_name = "USER_SERVICE_URL", default_value = "http://127.0.0.1:8081", value_parser = mesh_ready::values::service_url)]
    pub user_service_url: Url,
}

/// Starts the process's signals, opens its database and binds its ports.
///
/// # Errors
/// When a port cannot be bound or a signal cannot be set up. A database or a user-service that is down is no error: the
/// process answers 503 to what needs them.
pub async fn bind(args: Args) -> anyhow::Result<Bound> {
    let runtime = mesh_ready::start(&WORKLOAD, &args.mesh)?;
    let release = Release::named(&runtime.identity().version);
    let store = Store::open(&args.database, release, runtime.health().check("database"));
    let buyers = Buyers::new(runtime.client(), args.user_service_url);
    tokio::spawn(store.clone().forget_old_keys());
    let (router, openapi) = host(store, buyers).into_parts();
    Ok(runtime.bind(router, openapi).await?)
}
