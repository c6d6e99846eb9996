//! The order-service process.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = mesh_ready::config::parse(&order_service::WORKLOAD);
    let bound = order_service::bind(args).await?;
    Ok(bound.run_until(mesh_ready::shutdown::signal()).await?)
}
