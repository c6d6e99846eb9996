//! A process that is killed takes nothing with it that it had acknowledged.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use e2e::{
    connection::Http, endpoints::Endpoints, load::Load, report::figure, service::Service, stack, wait::PATIENCE,
};

use crate::traffic::Traffic;

#[tokio::test]
async fn a_killed_service_finds_every_acknowledged_order_in_its_sqlite_file() -> anyhow::Result<()> {
    let users = Service::start_ready("user-service", &[]).await?;
    let mut orders = stack::orders(&users, &[]).await?;
    let script = Arc::new(Traffic::refusable(Duration::ZERO));
    let endpoints = Endpoints::default();
    endpoints.add_always(orders.addr());
    let load = Load { workers: 16, http: Http::H1 }.start(&endpoints, script.clone());
    load.wait_more(500, PATIENCE).await?;
    orders.kill();
    let report = load.stop().await;
    ensure!(report.failed() > 0, "it was killed between two requests: {report}");

    orders.restart().await?;
    orders.wait_ready().await?;
    figure("crash: acknowledged orders, all of them found", script.expect_kept(&orders).await?);
    Ok(())
}
