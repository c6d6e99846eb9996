//! A collector that is of no use is no reason to fail.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use anyhow::ensure;
use e2e::{http, report::figure, service::Service};

use super::with_collector;

#[tokio::test]
async fn a_dead_collector_changes_no_answer_and_delays_no_end() -> anyhow::Result<()> {
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let gone = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    for (what, addr) in [("refuses", gone), ("never answers", silent.local_addr()?)] {
        let endpoint = format!("http://{addr}");
        let env = [("DRAIN_DELAY_MS", "0"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000")];
        let mut service = Service::start_ready("user-service", &with_collector(&endpoint, &env)).await?;
        for _ in 0..50 {
            let answer = http::get(&format!("{}/users/1", service.url())).await?.expect(200)?;
            ensure!(answer.elapsed < Duration::from_secs(1), "{:?} with a collector that {what}", answer.elapsed);
        }
        let start = Instant::now();
        service.terminate()?;
        let status = service.wait_exit().await?;
        figure(&format!("traces: the end of a service whose collector {what} (ms)"), start.elapsed().as_millis());
        ensure!(status.code() == Some(0), "{status}: {}", service.log().tail());
        ensure!(start.elapsed() < Duration::from_secs(6), "it took {:?}", start.elapsed());
    }
    Ok(())
}
