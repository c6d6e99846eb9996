//! The spans of services whose database is a server: its driver logs in ways of its own.

use anyhow::ensure;
use e2e::{http, otlp::Collector, postgres::Postgres, service::Service, wait::PATIENCE};

use super::{trace_id, with_collector};

#[tokio::test]
#[cfg_attr(not(postgres), ignore = "PostgreSQL is not installed (Debian: apt-get install postgresql)")]
async fn a_service_on_postgresql_records_every_request() -> anyhow::Result<()> {
    let (collector, postgres) = (Collector::start()?, Postgres::start().await?);
    let url = postgres.database("users").await?;
    let endpoint = collector.endpoint();
    let users = Service::start_ready("user-service", &with_collector(&endpoint, &[("DATABASE_URL", &url)])).await?;
    for request in 0..20 {
        let answer = http::get(&format!("{}/users/1", users.url())).await?.expect(200)?;
        let spans = collector.wait_for_trace(trace_id(&answer)?, 2, PATIENCE).await?;
        let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
        ensure!(
            names.contains(&"GET /users/{id}") && names.contains(&"SELECT users"),
            "request {request} has the spans {names:?}"
        );
    }
    Ok(())
}
