//! user-service's most used route with the same types on the same server, but on a user in memory: what is left is what
//! the framework and the signals cost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use contracts::User;
use mesh_ready::Workload;
use mesh_ready::server::Server;
use rustapi_axum::Host;
use rustapi_rs::{ApiError, Json, Path, State};

const WORKLOAD: Workload = Workload { name: "user-service", port: 0, admin_port: 0, versions: &["v1"] };

#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    mesh: mesh_ready::Args,
}

pub(super) async fn serve(listen: SocketAddr, silent: bool) -> anyhow::Result<()> {
    let (router, document) = Host::new("user-service", "0").state(Arc::new(ada())).mount(get_user_route()).into_parts();
    if silent {
        let server = Server::bind(listen, router, Duration::from_secs(75))?;
        server.run(std::future::pending(), Duration::ZERO).await;
        return Ok(());
    }
    let listen = format!("--listen-addr={listen}");
    let args: Args = mesh_ready::config::try_parse_from(&WORKLOAD, ["bench", &listen, "--admin-addr=127.0.0.1:0"])?;
    let bound = mesh_ready::start(&WORKLOAD, &args.mesh)?.bind(router, document).await?;
    Ok(bound.run_until(std::future::pending()).await?)
}

#[rustapi_rs::get("/users/{id}")]
async fn get_user(State(user): State<Arc<User>>, Path(id): Path<i64>) -> Result<Json<User>, ApiError> {
    if id == user.id { Ok(Json(User::clone(&user))) } else { Err(ApiError::not_found("No such user")) }
}

fn ada() -> User {
    User {
        id: 1,
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        created_at: "2025-01-01T00:00:00.000Z".to_owned(),
    }
}
