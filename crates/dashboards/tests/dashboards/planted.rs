//! What was planted is what the canary board shows, within what chance and the buckets allow.

use anyhow::{Context, ensure};
use dashboards::promql::Series;
use e2e::report::figure;

use crate::panels::app_boards;
use crate::shop::{RATE, SOON, Shop};
use crate::support::Prometheus;

/// Failures of v2, in percent, and the milliseconds that are added to each of its answers.
pub const PLANTED: (f64, f64) = (7.0, 80.0);
/// What the timers of a machine at work may add to the 80 ms, or the mean of v1 may lose.
const TIMERS: f64 = 0.015;
/// So many deviations chance exceeds once in 2000 runs.
const SURELY: f64 = 3.5;
/// What no request of this test exceeds, in seconds.
const LONGEST: f64 = 10.0;

pub async fn expect_planted(shop: &Shop) -> anyhow::Result<()> {
    let prometheus = &shop.prometheus;
    // The rules on a laptop look at half a minute; by then no series was born within it.
    let total = "sum(axum_http_requests_total{app=\"order-service\",version=\"v2\"})";
    prometheus.wait(total, SOON, |count| count > RATE * 0.4 * 50.0).await?;
    prometheus.wait(&recorded("canary:verdict:state5m", ""), SOON, |value| value == -1.0).await?;
    expect_failures(prometheus).await?;
    expect_slowness(prometheus).await
}

/// A recorded series of the app's own measurements of order-service.
pub fn recorded(record: &str, more: &str) -> String {
    Series::new(record, "source=\"app\",namespace=\"shop\",app=\"order-service\"").with(more).text()
}

async fn expect_failures(prometheus: &Prometheus) -> anyhow::Result<()> {
    let requests = prometheus.number(&recorded("canary:requests:increase5m", "version=\"v2\"")).await?;
    let planted = PLANTED.0 / 100.0;
    let deviation = (planted * (1.0 - planted) / requests).sqrt();
    let shown = panel(prometheus, "More failures in v2").await?;
    let significance = panel(prometheus, "Failures: significance").await?;
    figure(
        "failures of v2 beyond v1 (planted 0.07)",
        format!("{shown:.4}, one deviation is {deviation:.4}, z {significance:.1}"),
    );
    ensure!((shown - planted).abs() < SURELY * deviation, "{shown} instead of {planted}");
    ensure!(significance > 3.0, "chance is told to make {shown}: {significance}");
    Ok(())
}

/// The means differ by what was planted; the percentile is as exact as its bucket is narrow.
async fn expect_slowness(prometheus: &Prometheus) -> anyhow::Result<()> {
    let planted = PLANTED.1 / 1000.0;
    let deviation = (variance(prometheus, "v1").await? + variance(prometheus, "v2").await?).sqrt();
    let allowed = TIMERS.max(SURELY * deviation);
    let mean = panel(prometheus, "v2 slower, mean").await?;
    figure(
        "v2 slower, mean (planted 0.08)",
        format!("{mean:.4}, one deviation is {deviation:.4}, {allowed:.4} are allowed"),
    );
    ensure!((mean - planted).abs() < allowed, "{mean} instead of {planted}");
    let percentile = panel(prometheus, "v2 slower, 95 %").await?;
    let significance = panel(prometheus, "Slower: significance").await?;
    figure("v2 slower, 95 % (planted 0.08, bucket 0.05 to 0.1)", format!("{percentile:.4}, z {significance:.1}"));
    ensure!((0.03..0.25).contains(&percentile), "the planted 80 ms are shown as {percentile}");
    ensure!(significance > 4.0, "chance is told to make {percentile}: {significance}");
    Ok(())
}

/// The variance of the mean latency of a release, at most: each request as far from the mean as its bucket goes.
async fn variance(prometheus: &Prometheus, version: &str) -> anyhow::Result<f64> {
    let version = format!("version=\"{version}\"");
    let mean = prometheus.number(&recorded("canary:latency_mean_seconds:rate5m", &version)).await?;
    let result = prometheus.query(&recorded("canary:requests_within:increase5m", &version)).await?;
    let mut bounds = Vec::new();
    for one in result.as_array().context("a list")? {
        let number = |text: Option<&str>| -> anyhow::Result<f64> { Ok(text.context("a text")?.parse()?) };
        bounds.push((number(one["metric"]["le"].as_str())?.min(LONGEST), number(one["value"][1].as_str())?));
    }
    bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let requests = bounds.last().context("no bucket")?.1;
    let (mut from, mut before, mut sum) = (0.0, 0.0, 0.0);
    for (to, within) in bounds {
        sum += (within - before) * f64::max(mean - from, to - mean).powi(2);
        (from, before) = (to, within);
    }
    Ok(sum / requests / requests)
}

/// The value of a figure on the canary board.
async fn panel(prometheus: &Prometheus, title: &str) -> anyhow::Result<f64> {
    let board = app_boards().into_iter().find(|board| board.name == "canary").context("no canary board")?;
    let panel = board.panels().find(|panel| panel.title == title).with_context(|| format!("no panel {title}"))?;
    let expr = panel.targets[0].expr.replace("$namespace", "shop").replace("$app", "order-service");
    prometheus.number(&expr).await
}
