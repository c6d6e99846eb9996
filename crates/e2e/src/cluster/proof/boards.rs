//! Does every panel show something of a live mesh? A Prometheus on this machine reads every pod through the cluster's API, and is
//! asked what the boards ask, while there are failures, refusals and orders to show.

use std::{collections::BTreeMap, fmt::Write, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use dashboards::{
    board::Board,
    boards,
    check::{self, Exclusions, Report, Window},
};
use e2e::{prometheus::Prometheus, shop};
use http::Method;
use probe::{Plan, Rate, Running};
use serde_json::json;
use tokio::{runtime::Handle, task::spawn_blocking};

use super::resilience::then_well;
use crate::cluster::{
    SHOP,
    admin::Forward,
    assertion::{Assertion, Needs},
    callers::Caller,
    context::{Cluster, read, until},
    measured::Measured,
    mesh::{Mesh, root},
    pods,
};

/// Some scrapes, of which a busy machine may miss a few.
const WINDOW: &str = "30s";
/// Until there are some scrapes, and rules that rest on half a minute of them.
const SHOWN: Duration = Duration::from_secs(150);
/// What v2 does to its callers, so that there are failures, retries, an alert, and answers of sidecars that waited in vain.
const SPOILT: &str = r#"{"latency":"80ms:80,5s:20","status":"503:30"}"#;
/// Writes a second, more than the sidecars of the gateway let pass.
const TOO_MANY: f64 = 60.0;
/// Where the gateway serves.
const GATEWAY_PORT: u16 = 8080;
/// What no cluster without kube-state-metrics has.
const WEIGHTS: &str = "nobody reads the weights of routes where kube-state-metrics is missing";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![Assertion::new("signals/boards", Needs::Only(Mesh::Istio), |it| then_well(it.clone(), boards(it)))]
}

async fn boards(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    cluster.apply("canary/50-50.yaml").await?;
    let ways = ways(cluster.mesh).await?;
    let configuration = configuration(&ways);
    let prometheus = apart(move || async move { Prometheus::with(&configuration).await })
        .await
        .context("needs the program prometheus on this machine (Debian: apt-get install prometheus)")?;
    let prometheus = Arc::new(prometheus);
    for pod in pods::ready("app=order-service,version=v2").await? {
        cluster.changes.faults(&pod, &serde_json::from_str(SPOILT)?).await?;
    }
    let load = load(&cluster)?;
    let exclusions = exclusions(cluster.mesh)?;
    let gateway = pods::ready("app=api-gateway").await?.swap_remove(0);
    let gateway = Forward::open(SHOP, &format!("pod/{}", gateway.name), GATEWAY_PORT).await?;
    let report = until(SHOWN, "every panel shows something", || async {
        refused(&cluster, &gateway).await?;
        let (prometheus, exclusions, mesh) = (Arc::clone(&prometheus), exclusions.clone(), cluster.mesh);
        let report = apart(move || async move { asked(&prometheus, mesh, &exclusions).await }).await?;
        ensure!(report.failed.is_empty(), "{report}");
        Ok(report)
    })
    .await;
    for running in load {
        running.stop().await;
    }
    let report = report?;
    let line = report.to_string();
    Ok(Measured::from(format!("{} ways into pods, {line}", ways.len())).with(report.excluded.join("\n")))
}

/// A pod's metrics, and the labels that a scrape adds to them.
struct Way {
    forward: Forward,
    path: &'static str,
    labels: String,
}

/// A way to each exposition of each pod.
async fn ways(mesh: Mesh) -> anyhow::Result<Vec<Way>> {
    let mut ways = Vec::new();
    for pod in pods::ready("app in (api-gateway,user-service,order-service)").await? {
        let mut scrapes: Vec<_> =
            mesh.scrapes(pods::admin_port(&pod.app)?).into_iter().map(|scrape| (scrape.port, scrape.path)).collect();
        scrapes.dedup();
        for (port, path) in scrapes {
            let forward = Forward::open(SHOP, &format!("pod/{}", pod.name), port).await?;
            let labels = format!("app: {}, version: {}, namespace: {SHOP}, pod: {}", pod.app, pod.version, pod.name);
            ways.push(Way { forward, path, labels });
        }
    }
    Ok(ways)
}

fn configuration(ways: &[Way]) -> String {
    let mut text = "global: { scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 1s }\n\
                    rule_files: [rules/*.yaml, alerts/*.yaml]\nscrape_configs:\n"
        .to_owned();
    for (at, Way { forward, path, labels }) in ways.iter().enumerate() {
        let target = forward.url().trim_start_matches("http://");
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "- job_name: pod-{at}\n  metrics_path: {path}\n  static_configs:\n  - targets: [\"{target}\"]\n    labels: {{ {labels} }}\n"
        );
    }
    text
}

/// Reads of both services and of both at once, new orders, and writes beyond the rate limit, until they are stopped.
fn load(cluster: &Cluster) -> anyhow::Result<Vec<Running>> {
    let reads = [("/api/orders/1", 20.0), ("/api/users/1", 5.0), ("/api/users/1/overview", 2.0)];
    let mut plans = Vec::new();
    for (path, rate) in reads {
        plans.push((cluster.plan(path)?, rate));
    }
    plans.push((cluster.write(Method::POST, "/api/orders", &shop::new_order("BOARDS"))?, 2.0));
    let limit = cluster.mesh.rate_limit().context("a mesh limits")?;
    plans.push((cluster.write(limit.method, limit.target, &json!({}))?, TOO_MANY));
    let running = plans.into_iter().map(|(mut plan, rate)| {
        plan.rate = Rate::PerSecond(rate);
        Running::start(plan)
    });
    Ok(running.collect())
}

/// What is refused: an order without a token by a process, behind the back of the sidecar that would have refused it first, and
/// a caller that no policy knows by a sidecar.
async fn refused(cluster: &Cluster, gateway: &Forward) -> anyhow::Result<()> {
    let mut order = Plan::new(format!("{}/api/orders", gateway.url()).parse()?);
    (order.method, order.body) = (Method::POST, json!({}).to_string());
    let answer = probe::call(&order).await.context("an order without a token")?;
    ensure!(answer.status == 401, "an order without a token is answered {}", answer.status);
    let forbidden = Plan::new("http://user-service.shop:8081/users/1".parse()?);
    cluster.callers().await?.get(Caller::Stranger, &forbidden).await?;
    Ok(())
}

/// The boards of the processes and of this mesh.
fn of(mesh: Mesh) -> impl Iterator<Item = Board> {
    let others = [Mesh::Istio, Mesh::Linkerd].map(|other| (other != mesh).then(|| other.to_string()));
    boards::all()
        .into_iter()
        .filter(move |board| !others.iter().flatten().any(|other| board.name.contains(other.as_str())))
}

fn exclusions(mesh: Mesh) -> anyhow::Result<Exclusions> {
    let mut text = read(&root().join("dashboards/exclusions.txt"))?;
    for board in of(mesh).filter(|board| board.name.starts_with("canary")) {
        writeln!(text, "{} | Share: actual and configured | {{{{version}}}} configured | {WEIGHTS}", board.name)?;
    }
    Exclusions::parse(&text).map_err(anyhow::Error::msg)
}

/// Runs it on a thread of its own: what calls an async closure cannot change threads.
async fn apart<T, F>(run: impl FnOnce() -> F + Send + 'static) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
    T: Send + 'static,
{
    let runtime = Handle::current();
    spawn_blocking(move || runtime.block_on(run())).await?
}

async fn asked(prometheus: &Prometheus, mesh: Mesh, exclusions: &Exclusions) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let chosen = BTreeMap::from([("namespace", SHOP), ("app", "order-service")]);
    for board in of(mesh) {
        let ask = async |expr: &str| prometheus.query(expr).await.map_err(|error| format!("{error:#}"));
        match check::board(&board, Window(WINDOW), exclusions, &chosen, ask).await {
            Ok(one) => report.merge(one),
            Err(wrong) => bail!("{}: {wrong}", board.name),
        }
    }
    Ok(report)
}
