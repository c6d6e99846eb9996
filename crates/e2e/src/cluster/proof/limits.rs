//! What the mesh refuses or spoils on purpose: too many writes, a share of the reads, the world outside.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use http::{HeaderValue, header::HOST};
use probe::{Outcome, Plan, Rate};
use serde_json::json;

use crate::cluster::{
    admin,
    assertion::{Assertion, Needs},
    callers::{Caller, Seen},
    context::{self, Cluster, SETTLE, body, until},
    measured::Measured,
    mesh::{Mesh, RateLimit},
    pods,
};

/// How many requests of a burst are under way at a time.
const WORKERS: usize = 80;
/// Of what all pods let through at once, so much passes at least: a burst need not be shared by them evenly.
const LEAST: f64 = 0.8;
/// Nobody's address (RFC 5737). A proxy that goes by the name in the request takes it anyway.
const NOWHERE: &str = "http://192.0.2.1/proof";
/// The one host outside that the manifests declare.
const DECLARED: &str = "carrier.example.com";
const UNDECLARED: &str = "elsewhere.example.com";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("limits/rate-limit", Needs::Mesh, rate_limit),
        Assertion::new("limits/fault-injection", Needs::Only(Mesh::Istio), fault_injection),
        Assertion::new("limits/egress", Needs::Mesh, egress),
    ]
}

/// A burst is cut by sidecars before the process hears of it, and what else goes on is not.
async fn rate_limit(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let limit = cluster.mesh.rate_limit().context("a mesh limits")?;
    let pods = pods::ready(&format!("app={}", limit.app)).await?.len();
    let outcome = burst(&cluster, &limit).await?;
    context::flawless(&outcome)?;
    let status = |status: u16| outcome.by_status.get(&status).copied().unwrap_or(0);
    let (limited, passed) = (status(429), status(limit.passed));
    let bound = pods as f64 * limit.per_second * (1.0 + outcome.duration_seconds.ceil());
    let least = pods as f64 * limit.per_second * LEAST;
    ensure!(limited > 0, "none of {} was limited", limit.burst);
    ensure!(passed as f64 >= least, "only {passed} of {} passed, {least:.0} at least should", limit.burst);
    ensure!(passed as f64 <= bound, "{passed} of {} passed, the bound is {bound:.0}", limit.burst);
    let by_proxies = outcome.by_hop.get(probe::NONE).copied().unwrap_or(0);
    ensure!(by_proxies == limited, "{limited} were 429, {by_proxies} of them before the process heard of it");
    let mut reads = cluster.plan("/api/users/1")?;
    reads.rate = Rate::Closed { workers: WORKERS };
    context::flawless(&context::count(reads, WORKERS as u64).await).context("reads at the same pace")?;
    Ok(format!(
        "{} {} {} at once in {:.1} s: {passed} passed ({least:.0} to {bound:.0} by {pods} pods of {}), {limited} are 429 by the sidecar; {WORKERS} reads all passed",
        limit.burst, limit.method, limit.target, outcome.duration_seconds, limit.app,
    )
    .into())
}

/// From the world or from a pod within the cluster, as the limit wants it.
async fn burst(cluster: &Cluster, limit: &RateLimit) -> anyhow::Result<Outcome> {
    let mut plan = match limit.from {
        None => cluster.write(limit.method.clone(), limit.target, &json!({}))?,
        Some(_) => Plan { method: limit.method.clone(), ..Plan::new(limit.target.parse()?) },
    };
    plan.rate = Rate::Closed { workers: WORKERS };
    plan.connections = WORKERS;
    plan.expect = vec![limit.passed, 429];
    plan.count = Some(limit.burst);
    match limit.from {
        None => Ok(context::count(plan, limit.burst).await),
        Some(caller) => cluster.callers().await?.load(caller, &plan).await,
    }
}

/// A tenth of the reads of order-service fails and a fifth is late, without order-service knowing; then no longer.
async fn fault_injection(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let count = cluster.choose(5000, 1000);
    let plan = Plan { expect: vec![200, 503], ..cluster.plan("/api/orders/1")? };
    cluster.apply("fault-injection.yaml").await?;
    injected(&cluster, &plan).await?;
    let orders = pods::ready("app=order-service").await?;
    let before = admin::requests(&orders, &[("method", "GET")]).await?;
    let outcome = context::count(plan.clone(), count).await;
    context::flawless(&outcome)?;
    let served = admin::requests(&orders, &[("method", "GET")]).await? - before;
    let aborted = outcome.by_status.get(&503).copied().unwrap_or(0);
    let (share, band) = (aborted as f64 / count as f64, cluster.band(0.1, count));
    ensure!(band.holds(share), "{:.2} % are 503, outside {band}", share * 100.0);
    ensure!(served + aborted == count, "order-service saw {served} of {count} reads, {aborted} were aborted");
    let (early, late) = (outcome.latency.quantile_ms(0.7), outcome.latency.quantile_ms(0.9));
    ensure!(
        early < 500.0 && late >= 500.0,
        "70 % took {early:.0} ms and 90 % {late:.0} ms, with 20 % delayed by 500 ms"
    );
    let degraded = degraded(&cluster).await?;
    cluster.changes.undo().await?;
    until(SETTLE, "the faults are gone", || async {
        let outcome = context::count(Plan { expect: vec![], ..plan.clone() }, 100).await;
        context::flawless(&outcome)
    })
    .await?;
    Ok(format!(
        "{:.2} % of {count} are 503, band {band}; 70 % within {early:.0} ms, 90 % within {late:.0} ms; order-service saw {served}; {degraded}; then none",
        share * 100.0
    )
    .into())
}

/// Waits until both gateways' proxies inject: then about a tenth of a sample fails.
async fn injected(cluster: &Cluster, plan: &Plan) -> anyhow::Result<()> {
    until(SETTLE, "faults are injected", || async {
        let outcome = context::count(plan.clone(), 150).await;
        let share = outcome.by_status.get(&503).copied().unwrap_or(0) as f64 / 150.0;
        ensure!(cluster.band(0.1, 150).holds(share) && share > 0.0, "{:.1} % of a sample fail", share * 100.0);
        Ok(())
    })
    .await
}

/// The overview goes on without orders, and says so.
async fn degraded(cluster: &Cluster) -> anyhow::Result<String> {
    until(SETTLE, "an overview without orders", || async {
        let answer = cluster.get("/api/users/1/overview").await?;
        context::expect(&answer, 200)?;
        let body = body(&answer)?;
        ensure!(body["degraded"] == json!(["order-service"]) && body["orders"].is_null(), "it is whole: {body}");
        Ok("an overview without orders is 200 and says so".to_owned())
    })
    .await
}

/// A pod of the shop reaches the host that is declared, and no other: its own sidecar says no.
async fn egress(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let callers = cluster.callers().await?;
    let ask = async |host: &'static str| {
        let mut plan = Plan::new(NOWHERE.parse()?);
        plan.timeout = Duration::from_secs(5);
        plan.headers.push((HOST, HeaderValue::from_static(host)));
        callers.get(Caller::Gateway, &plan).await
    };
    let declared = until(SETTLE, "the declared host answers", || async {
        match ask(DECLARED).await? {
            Seen::Answer { status: 200, text, .. } if text.contains("\"/proof\"") => Ok(200),
            seen => anyhow::bail!("{seen:?}"),
        }
    })
    .await?;
    let (undeclared, wanted) = (ask(UNDECLARED).await?, cluster.mesh.undeclared());
    let refused = matches!(undeclared, Seen::Answer { status, served: false, .. } if status == wanted);
    ensure!(refused, "{UNDECLARED} is not refused by the proxy with {wanted}: {undeclared:?}");
    Ok(format!("{DECLARED} {declared} from the stand-in, {UNDECLARED} {wanted} from the sidecar").into())
}
