//! Is a proxy of Linkerd taken for a process of the app? It is a target of its own, with the labels of the same pod, and tells
//! `process_*` as well.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::ensure;
use dashboards::check::resolved;
use dashboards::{alerts, boards};
use e2e::report::figure;

use crate::support::{Prometheus, Replay};

const SOON: Duration = Duration::from_secs(60);

/// What a proxy told of its own process.
const PROXY: &str = include_str!("../fixtures/linkerd/process.prom");
/// What an order-service tells of its own.
const APP: &str = "process_start_time_seconds 1795437000
process_resident_memory_bytes 8388608
process_open_fds 20
process_max_fds 1024
";
/// The jobs of Linkerd's own Prometheus and ours, and of Linkerd's PodMonitor.
const PROXY_JOBS: [&str; 2] = ["linkerd-proxy", "linkerd/linkerd-proxy"];

/// Two pods of order-service, each with its proxy; of api-gateway only the proxy is found.
async fn shop(proxy_job: &str) -> anyhow::Result<Prometheus> {
    let mut text = "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n\
                    rule_files: [rules/*.yaml, alerts/*.yaml]\nscrape_configs:\n"
        .to_owned();
    let pods = [("order-service", "a"), ("order-service", "b"), ("api-gateway", "c")];
    for (job, exposition, pods) in [("annotated-pods", APP, &pods[..2]), (proxy_job, PROXY, &pods[..])] {
        write!(text, "- job_name: {job}\n  static_configs:\n")?;
        for (app, pod) in pods {
            let addr = Replay::start(exposition).await?.addr;
            let labels = format!("app: {app}, version: v1, namespace: shop, pod: {pod}");
            writeln!(text, "  - {{ targets: [\"{addr}\"], labels: {{ {labels} }} }}")?;
        }
    }
    Prometheus::with(&text).await
}

/// The expression of a panel, with what is chosen on the board.
fn on_board(board: &str, panel: &str) -> anyhow::Result<String> {
    let board = boards::all().into_iter().find(|one| one.name == board).expect("the board is there");
    let panel = board.panels().find(|one| one.title == panel).expect("the panel is there");
    let chosen = [("namespace", "shop"), ("app", "order-service"), ("__rate_interval", "10s")];
    let chosen: BTreeMap<_, _> = chosen.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    resolved(&panel.targets[0].expr, &chosen).map_err(anyhow::Error::msg)
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(
    not(prometheus),
    ignore = "Prometheus is not installed (Debian: apt-get install prometheus prometheus-alertmanager)"
)]
async fn a_proxy_is_no_process_of_the_app() -> anyhow::Result<()> {
    for job in PROXY_JOBS {
        let prometheus = shop(job).await?;
        prometheus.wait("count(up{app!=\"\"} == 1)", SOON, |targets| targets == 5.0).await?;
        prometheus.wait(&on_board("overview", "Processes up")?, SOON, |up| up == 2.0).await?;
        let shown = format!("count({})", on_board("runtime", "Memory")?);
        prometheus.wait(&shown, SOON, |processes| processes == 2.0).await?;
        let memory = format!("max({})", on_board("runtime", "Memory")?);
        ensure!(prometheus.number(&memory).await? == 8_388_608.0, "the proxy's memory is shown");

        let absent = alerts::groups().into_iter().flat_map(|group| group.alerts);
        let absent = absent.filter(|alert| alert.name == "MetricsAbsent").map(|alert| alert.expr).collect::<String>();
        let gateway =
            format!("count(({absent}) and on (app) label_replace(vector(1), \"app\", \"api-gateway\", \"\", \"\"))");
        ensure!(prometheus.number(&gateway).await? == 1.0, "the proxy's metrics are taken for the gateway's");
        figure(&format!("job {job}: targets, of them processes of the app"), "5, 2");
    }
    Ok(())
}
