//! What many a first gateway does: a new HTTP client for each request.

use std::net::SocketAddr;

use anyhow::Context;
use axum::Router;
use axum::extract::{Json, Path, State};
use axum::routing::get;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listen: SocketAddr = arguments.next().context("the address to listen on")?.parse()?;
    let upstream: SocketAddr = arguments.next().context("the upstream's address")?.parse()?;
    let router = Router::new().route("/api/users/{id}", get(user)).with_state(upstream);
    Ok(axum::serve(tokio::net::TcpListener::bind(listen).await?, router).await?)
}

async fn user(State(upstream): State<SocketAddr>, Path(id): Path<u64>) -> Json<Value> {
    let client = reqwest::Client::new();
    let answer = client.get(format!("http://{upstream}/users/{id}")).send().await;
    let data: Value = match answer {
        Ok(answer) => answer.json().await.unwrap_or_default(),
        Err(_) => Value::Null,
    };
    Json(json!({ "service": "user-service", "data": data }))
}
