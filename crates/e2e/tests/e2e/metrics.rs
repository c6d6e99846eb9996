//! What the processes count is what was asked of them: no more, no less, and under few names.

mod business;
mod counts;
mod faults;
mod openmetrics;
mod series;

use std::collections::BTreeMap;

use anyhow::ensure;
use e2e::{exposition::Exposition, service::Service};

const REQUESTS: &str = "axum_http_requests_total";
const DURATION: &str = "axum_http_requests_duration_seconds";
const PENDING: &str = "axum_http_requests_pending";
const UPSTREAM: &str = "upstream_requests_total";
const UPSTREAM_DURATION: &str = "upstream_requests_duration_seconds";

/// The calls to a target are exactly these, by status; to no target at all when it is empty.
fn expect_calls(metrics: &Exposition, target: &str, rows: &[(&str, usize)]) -> anyhow::Result<()> {
    let labels: &[(&str, &str)] = if target.is_empty() { &[] } else { &[("target", target)] };
    let counted: BTreeMap<_, _> =
        metrics.find(UPSTREAM, labels).map(|sample| (sample.label("status"), whole(sample.value))).collect();
    let expected: BTreeMap<_, _> = rows.iter().copied().collect();
    ensure!(counted == expected, "calls to {target}: {counted:?}, not {expected:?}");
    expect(metrics, &format!("{UPSTREAM_DURATION}_count"), labels, expected.values().sum())
}

fn expect(metrics: &Exposition, name: &str, labels: &[(&str, &str)], count: usize) -> anyhow::Result<()> {
    let found = whole(metrics.sum(name, labels));
    ensure!(found == count, "{name} {labels:?} is {found}, not {count}");
    Ok(())
}

/// Counters are whole numbers.
fn whole(value: f64) -> usize {
    value.round() as usize
}

async fn scrape(service: &Service) -> anyhow::Result<Exposition> {
    Exposition::scrape(&service.admin_url()).await
}

fn url(service: &Service, path: &str) -> String {
    format!("{}{path}", service.url())
}
