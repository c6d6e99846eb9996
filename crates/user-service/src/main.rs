//! The user-service process.

fn main() -> anyhow::Result<()> {
    let args = mesh_ready::config::parse(&user_service::WORKLOAD);
    mesh_ready::executor()?.block_on(async {
        let bound = user_service::bind(args).await?;
        Ok(bound.run_until(mesh_ready::shutdown::signal()).await?)
    })
}
