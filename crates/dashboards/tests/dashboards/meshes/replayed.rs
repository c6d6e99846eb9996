//! Every panel of a mesh's boards over recorded proxies, and whether the shares on the screen are those that were recorded.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::ensure;
use dashboards::boards;
use dashboards::check::{self, Exclusions, Report, Window};
use dashboards::profile;
use e2e::exposition::Exposition;
use e2e::report::figure;

use super::contract::recorded;
use crate::files::root;
use crate::selectors;
use crate::support::{Prometheus, Replay};

const SOON: Duration = Duration::from_secs(60);
const WINDOW: &str = "10s";
/// So many scrapes of each proxy that no window on the boards begins before the first.
const SETTLED: &str = "min(count_over_time(up{job=\"proxies\"}[1m]))";

/// What kube-state-metrics says of the route that was recorded.
const WEIGHTS: &str = "canary_configured_weight{namespace=\"NAMESPACE\",app=\"order-service\",version=\"v1\"} 90
canary_configured_weight{namespace=\"NAMESPACE\",app=\"order-service\",version=\"v2\"} 10
";

/// A Prometheus over the recorded proxies of a mesh.
async fn replay(mesh: &str, namespace: &str) -> anyhow::Result<Prometheus> {
    let mut text = "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n\
                    rule_files: [rules/*.yaml, alerts/*.yaml]\nscrape_configs:\n- job_name: proxies\n  static_configs:\n"
        .to_owned();
    for (at, (app, version, exposition)) in recorded(mesh).iter().enumerate() {
        let addr = Replay::start(exposition).await?.addr;
        let labels = format!("app: {app}, version: {version}, namespace: {namespace}, pod: {app}-{version}-{at}");
        writeln!(text, "  - {{ targets: [\"{addr}\"], labels: {{ {labels} }} }}")?;
    }
    let weights = Replay::start(WEIGHTS.replace("NAMESPACE", namespace).leak()).await?.addr;
    write!(text, "- job_name: weights\n  honor_labels: true\n  static_configs: [{{ targets: [\"{weights}\"] }}]\n")?;
    Prometheus::with(&text).await
}

async fn expect_panels(prometheus: &Prometheus, mesh: &str, namespace: &str) -> anyhow::Result<()> {
    let exclusions = std::fs::read_to_string(root().join("dashboards/exclusions.txt"))?;
    let exclusions = Exclusions::parse(&exclusions).map_err(anyhow::Error::msg)?;
    let mut report = Report::default();
    for board in boards::all().iter().filter(|board| board.name.ends_with(mesh)) {
        let chosen = BTreeMap::from([("namespace", namespace)]);
        let ask = async |expr: &str| prometheus.query(expr).await.map_err(|error| format!("{error:#}"));
        let one = check::board(board, Window(WINDOW), &exclusions, &chosen, ask).await;
        report.merge(one.map_err(anyhow::Error::msg)?);
    }
    figure(&format!("boards of {mesh}, over recorded proxies"), &report);
    ensure!(report.failed.is_empty(), "{report}");
    Ok(())
}

fn on_board(expr: &str, namespace: &str) -> String {
    expr.replace("$namespace", namespace).replace("$app", "order-service")
}

/// One value of an expression by version, on the board.
async fn of_v2(prometheus: &Prometheus, expr: &str, label: &str, namespace: &str) -> anyhow::Result<f64> {
    let result = prometheus.query(&on_board(expr, namespace)).await?;
    let series = result.as_array().cloned().unwrap_or_default();
    let v2 = series.iter().find(|one| one["metric"][label].as_str().is_some_and(|value| value.ends_with("v2")));
    let text = v2.and_then(|one| one["value"][1].as_str()).map(str::to_owned);
    text.and_then(|text| text.parse().ok()).ok_or_else(|| anyhow::anyhow!("{expr} shows nothing of v2: {result}"))
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn the_boards_of_linkerd_show_what_its_proxies_told() -> anyhow::Result<()> {
    let [_, _, linkerd] = profile::ALL;
    let namespace = "mesh-demo";
    let prometheus = replay("linkerd", namespace).await?;
    let requests = r#"canary:requests:increase5m{source="linkerd",version="v2"}"#;
    prometheus.wait(requests, SOON, |count| count > 300.0).await?;
    prometheus.wait(SETTLED, SOON, |scrapes| scrapes > 15.0).await?;
    expect_panels(&prometheus, "linkerd", namespace).await?;
    selectors::expect_all_caught(&prometheus, "linkerd", namespace).await?;

    let [caller, _, canary] = recorded("linkerd")
        .iter()
        .map(|(_, _, text)| Exposition::parse(text))
        .collect::<Result<Vec<_>, _>>()?
        .try_into()
        .expect("three");
    let sent = |backend: &str| {
        caller.sum(
            "outbound_http_route_backend_requests_total",
            &[("parent_name", "order-service"), ("backend_name", backend)],
        )
    };
    let share = sent("order-service-v2") / (sent("order-service-v1") + sent("order-service-v2"));
    expect("share of v2", of_v2(&prometheus, &linkerd.share(WINDOW), linkerd.spread.version, namespace).await?, share)?;
    let answers = |more: &[(&str, &str)]| {
        let labels = [&[("direction", "inbound"), ("target_port", "8080"), ("route_name", "default")], more].concat();
        canary.sum("response_total", &labels)
    };
    let failures = answers(&[("classification", "failure")]) / answers(&[]);
    expect(
        "failures of v2",
        of_v2(&prometheus, &linkerd.failure_share(WINDOW), "version", namespace).await?,
        failures,
    )?;
    let labels = [("direction", "inbound"), ("target_port", "8080"), ("route_name", "default")];
    let [milliseconds, requests] =
        ["sum", "count"].map(|part| canary.sum(&format!("response_latency_ms_{part}"), &labels));
    expect_mean(&prometheus, "linkerd", milliseconds / requests / 1000.0).await?;
    let calls = caller.sum("outbound_http_route_request_statuses_total", &[("parent_name", "order-service")]);
    let retries = (sent("order-service-v1") + sent("order-service-v2")) / calls - 1.0;
    expect("retries", prometheus.number(&on_board(&linkerd.retries(WINDOW), namespace)).await?, retries)
}

/// A recorded share and the shown one: scrapes fall between two steps of the replay, so they differ by rounding only.
fn expect(what: &str, shown: f64, recorded: f64) -> anyhow::Result<()> {
    figure(&format!("{what}: shown, recorded"), format!("{shown:.4}, {recorded:.4}"));
    ensure!((shown - recorded).abs() < 0.002, "{what}: {shown} is shown, {recorded} was recorded");
    Ok(())
}

/// The recorded mean latency of v2, in seconds, and the shown one: they differ by rounding only.
async fn expect_mean(prometheus: &Prometheus, mesh: &str, recorded: f64) -> anyhow::Result<()> {
    let mean = format!("canary:latency_mean_seconds:rate5m{{source=\"{mesh}\",app=\"order-service\",version=\"v2\"}}");
    let shown = prometheus.number(&mean).await?;
    figure("mean latency of v2: shown, recorded", format!("{shown:.5}, {recorded:.5}"));
    ensure!((shown / recorded - 1.0).abs() < 0.01, "{shown} is shown, {recorded} was recorded");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn the_boards_of_istio_show_what_its_sidecars_told() -> anyhow::Result<()> {
    let [_, istio, _] = profile::ALL;
    let namespace = "shop";
    let prometheus = replay("istio", namespace).await?;
    let requests = r#"canary:requests:increase5m{source="istio",version="v2"}"#;
    prometheus.wait(requests, SOON, |count| count > 300.0).await?;
    prometheus.wait(SETTLED, SOON, |scrapes| scrapes > 15.0).await?;
    expect_panels(&prometheus, "istio", namespace).await?;
    selectors::expect_all_caught(&prometheus, "istio", namespace).await?;

    let all: String = recorded("istio").iter().map(|(_, _, text)| *text).collect();
    let all = Exposition::parse(&all)?;
    let count = |more: &[(&str, &str)]| {
        all.sum("istio_requests_total", &[&[("destination_canonical_service", "order-service")], more].concat())
    };
    let (sent, arrived) = (("reporter", "source"), ("reporter", "destination"));
    let v2 = ("destination_canonical_revision", "v2");
    let share = of_v2(&prometheus, &istio.share(WINDOW), istio.spread.version, namespace).await?;
    expect("share of v2", share, count(&[sent, v2]) / count(&[sent]))?;
    let failures = of_v2(&prometheus, &istio.failure_share(WINDOW), istio.requests.version, namespace).await?;
    expect("failures of v2", failures, count(&[arrived, v2, ("response_code", "503")]) / count(&[arrived, v2]))?;
    let labels = [arrived, v2, ("destination_canonical_service", "order-service")];
    let [milliseconds, requests] =
        ["sum", "count"].map(|part| all.sum(&format!("istio_request_duration_milliseconds_{part}"), &labels));
    expect_mean(&prometheus, "istio", milliseconds / requests / 1000.0).await?;
    let retries = prometheus.number(&on_board(&istio.retries(WINDOW), namespace)).await?;
    expect("retries", retries, count(&[arrived]) / count(&[sent]) - 1.0)
}
