//! How many requests are recorded when nobody asks for it: one in a hundred, by whoever is the first to see them.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use probe::{
    Outcome, Plan, Rate,
    collect::{Kind, Span},
};

use super::{
    known,
    tree::{INGRESS, sidecar},
};
use crate::cluster::{
    SHOP,
    admin::Forward,
    callers::Caller,
    collector::Collector,
    context::{Cluster, SETTLE, count, trouble},
    measured::Measured,
    pods,
};

/// The share that the manifests name.
const SHARE: f64 = 0.01;

/// Exporters send every five seconds: after so long without a new span, nothing is under way.
const QUIET: Duration = Duration::from_secs(8);

/// A read that every process can answer cheaply.
const READ: &str = "/api/users/1";

/// The ingress decides for all that comes from outside, and everybody behind it follows.
pub async fn at_the_ingress(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let collector = known(&cluster).await?;
    let before = traces(&quiet(collector).await?, |_| true);
    let outcome = count(cluster.plan(READ)?, requests(&cluster)).await;
    let spans = quiet(collector).await?;
    // What comes in, and not what a pod sends by itself: its own spans, for one.
    let new = |service: &str| &traces(&spans, |span| span.service == service && span.kind == Kind::Server) - &before;
    let recorded = new(INGRESS);
    let line = share(&cluster, &outcome, recorded.len())?;
    let followers = ["api-gateway", "user-service"];
    for service in followers.map(str::to_owned).into_iter().chain(followers.map(sidecar)) {
        let other = new(&service);
        ensure!(other == recorded, "{line}, but {service} has recorded {} requests", other.len());
    }
    Ok(format!("{line}; the same by processes and sidecars behind the ingress").into())
}

/// A sidecar decides about calls that begin in its pod.
pub async fn inside(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (collector, callers) = (known(&cluster).await?, cluster.callers().await?);
    let caller = Caller::Gateway;
    let before = traces(&quiet(collector).await?, |_| true);
    let mut plan = Plan::new(format!("http://user-service.{SHOP}:8081/users/1").parse()?);
    (plan.rate, plan.count) = (Rate::Closed { workers: 8 }, Some(requests(&cluster)));
    let outcome = callers.load(caller, &plan).await?;
    let proxy = sidecar(&caller.pod());
    let recorded = &traces(&quiet(collector).await?, |span| span.service == proxy) - &before;
    Ok(format!("{}, by the sidecar of {}", share(&cluster, &outcome, recorded.len())?, caller.pod()).into())
}

/// A process decides where no proxy has: past all of them, at the pod's own port.
pub async fn without_a_proxy(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let collector = known(&cluster).await?;
    let pod = pods::ready("app=api-gateway").await?.remove(0);
    let way = Forward::open(SHOP, &format!("pod/{}", pod.name), 8080).await?;
    let before = traces(&quiet(collector).await?, |_| true);
    let mut plan = Plan::new(format!("{}{READ}", way.url()).parse()?);
    plan.rate = Rate::Closed { workers: 8 };
    let outcome = count(plan, requests(&cluster)).await;
    let begun = |span: &Span| span.service == "api-gateway" && span.parent_id.is_empty();
    let recorded = &traces(&quiet(collector).await?, begun) - &before;
    Ok(format!("{}, by the process of {}", share(&cluster, &outcome, recorded.len())?, pod.name).into())
}

fn requests(cluster: &Cluster) -> u64 {
    cluster.choose(20_000, 2_500)
}

/// Fails when the share is not the one that the manifests name. A share of none is outside of the band as well.
fn share(cluster: &Cluster, outcome: &Outcome, recorded: usize) -> anyhow::Result<String> {
    // Whether the answers are good is for others to say: a request is recorded or not, whatever becomes of it.
    ensure!(outcome.failures() == 0, "{}", trouble(outcome));
    let (share, band) = (recorded as f64 / outcome.sent as f64, cluster.band(SHARE, outcome.sent));
    let line = format!("{recorded} of {} requests recorded, {:.2} % in {band} %", outcome.sent, share * 100.0);
    ensure!(band.holds(share), "{line} does not hold");
    Ok(line)
}

/// The spans that have come when no more do.
async fn quiet(collector: &Collector) -> anyhow::Result<Vec<Span>> {
    let (end, mut last, mut since) = (Instant::now() + SETTLE, u64::MAX, Instant::now());
    loop {
        let received = collector.count().await?.received;
        if received != last {
            (last, since) = (received, Instant::now());
        }
        if since.elapsed() > QUIET {
            return Ok(collector.all().await?.spans);
        }
        ensure!(Instant::now() < end, "spans still come after {SETTLE:?}: {received} so far");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn traces(spans: &[Span], wanted: impl Fn(&Span) -> bool) -> BTreeSet<String> {
    spans.iter().filter(|span| wanted(span)).map(|span| span.trace_id.clone()).collect()
}
