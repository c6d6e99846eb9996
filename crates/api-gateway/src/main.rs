//! The process: settings, ports, serve until told to go.

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args: api_gateway::Args = mesh_ready::config::parse(&api_gateway::WORKLOAD);
    let bound = api_gateway::bind(args).await?;
    Ok(bound.run_until(mesh_ready::shutdown::signal()).await?)
}
