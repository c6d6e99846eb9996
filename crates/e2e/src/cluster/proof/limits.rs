//! What the mesh refuses or spoils on purpose: too many writes, a share of the reads, the world outside.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use http::{HeaderValue, Method, header::HOST};
use probe::{Plan, Rate};
use serde_json::json;

use crate::cluster::{
    admin,
    assertion::{Assertion, Needs},
    callers::{Caller, Seen},
    context::{self, Cluster, SETTLE, body, until},
    measured::Measured,
    mesh::Mesh,
    pods,
};

/// New users that each gateway pod lets in a second.
const NEW_USERS_PER_SECOND: f64 = 10.0;
/// Nobody's address (RFC 5737). A proxy that goes by the name in the request takes it anyway.
const NOWHERE: &str = "http://192.0.2.1/proof";
/// The one host outside that the manifests declare.
const DECLARED: &str = "carrier.example.com";
const UNDECLARED: &str = "elsewhere.example.com";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("limits/rate-limit", Needs::Mesh, rate_limit),
        Assertion::new("limits/fault-injection", Needs::Mesh, fault_injection),
        Assertion::new("limits/egress", Needs::Only(Mesh::Istio), egress),
    ]
}

/// A burst of new users is cut by the gateways' sidecars, and reads are not.
async fn rate_limit(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    const BURST: usize = 80;
    let gateways = pods::ready("app=api-gateway").await?.len();
    // Not what the service takes: whoever is let in gets a 400 and leaves nothing behind.
    let mut plan = cluster.write(Method::POST, "/api/users", &json!({}))?;
    plan.rate = Rate::Closed { workers: BURST };
    plan.connections = BURST;
    plan.expect = vec![400, 429];
    let outcome = context::count(plan, BURST as u64).await;
    context::flawless(&outcome)?;
    let status = |status: u16| outcome.by_status.get(&status).copied().unwrap_or(0);
    let (limited, passed) = (status(429), status(400));
    let bound = gateways as f64 * NEW_USERS_PER_SECOND * (1.0 + outcome.duration_seconds.ceil());
    ensure!(limited > 0, "none of {BURST} was limited");
    ensure!(passed as f64 <= bound, "{passed} of {BURST} passed, the bound is {bound:.0}");
    let by_proxies = outcome.by_hop.get(probe::NONE).copied().unwrap_or(0);
    ensure!(by_proxies == limited, "{limited} were 429, {by_proxies} of them before the process heard of it");
    let mut reads = cluster.plan("/api/users/1")?;
    reads.rate = Rate::Closed { workers: BURST };
    context::flawless(&context::count(reads, BURST as u64).await).context("reads at the same pace")?;
    Ok(format!(
        "{BURST} POST /api/users at once in {:.1} s: {passed} passed (at most {bound:.0} by {gateways} gateways), {limited} are 429 by the sidecar; {BURST} reads all passed",
        outcome.duration_seconds
    )
    .into())
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
    let undeclared = ask(UNDECLARED).await?;
    let Seen::Answer { status: 502, served: false, .. } = undeclared else {
        anyhow::bail!("{UNDECLARED} is not refused by the proxy: {undeclared:?}");
    };
    let other = callers.knock(Caller::Gateway, "192.0.2.1:9999", &["--send", "hello\\r\\n"]).await?;
    ensure!(other == "closed", "another port outside: {other}");
    Ok(format!("{DECLARED} {declared} from the stand-in, {UNDECLARED} 502 from the sidecar, another port closed")
        .into())
}
