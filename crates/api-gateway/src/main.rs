//! The process: settings, ports, serve until told to go.

fn main() -> anyhow::Result<()> {
    let args = mesh_ready::config::parse(&api_gateway::WORKLOAD);
    mesh_ready::executor()?.block_on(async {
        let bound = api_gateway::bind(args).await?;
        Ok(bound.run_until(mesh_ready::shutdown::signal()).await?)
    })
}
