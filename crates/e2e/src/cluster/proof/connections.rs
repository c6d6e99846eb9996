//! A caller's sidecar holds no more calls open than it may, and refuses the next at once instead of queueing it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use probe::{Outcome, Plan, Rate};
use serde_json::json;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    callers::Caller,
    context::{self, Cluster, SETTLE, until},
    measured::Measured,
    mesh::Mesh,
    pods,
};

/// Connections and those that wait for one, for each caller's sidecar.
const LIMIT: u64 = 512;
/// Calls at the same time.
const BURST: u64 = 900;
/// Shorter than the budget of a read, and long enough for all calls to be open at once.
const LATENCY_MS: u64 = 2_000;

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("limits/connections", Needs::Only(Mesh::Istio), |it| connections(it, false)),
        Assertion::new("limits/connections-httproute", Needs::Only(Mesh::Istio), |it| connections(it, true)),
    ]
}

/// So many calls of one pod to an order-service that takes its time.
async fn connections(cluster: Arc<Cluster>, as_route: bool) -> anyhow::Result<Measured> {
    if as_route {
        cluster.changes.delete("virtualservices.networking.istio.io", "order-service").await?;
        cluster.apply("gateway-api/circuit-breaking.yaml").await?;
        cluster.apply("gateway-api/canary/100-0.yaml").await?;
    } else {
        cluster.apply("canary/100-0.yaml").await?;
    }
    let callers = cluster.callers().await?;
    for pod in pods::ready("app=order-service,version=v1").await? {
        cluster.changes.faults(&pod, &json!({"latency": format!("{LATENCY_MS}ms:100")})).await?;
    }
    let plan = plan()?;
    let outcome = until(SETTLE, "the limit is in force", || async {
        let outcome = callers.load(Caller::Gateway, &plan).await?;
        judge(&outcome)?;
        Ok(outcome)
    })
    .await?;
    let (refused, rest) = counts(&outcome);
    let (half, most) = (refusal_ms(&outcome, 0.5)?, refusal_ms(&outcome, 0.9)?);
    let refusals =
        format!("{refused} refused by the caller's sidecar, half of them within {half:.0} ms, most within {most:.0}");
    Ok(format!("{BURST} calls at once, limit {LIMIT}: {refusals}; {rest} went on").into())
}

fn plan() -> anyhow::Result<Plan> {
    let mut plan = Plan::new(format!("http://order-service.{SHOP}:8082/orders/1").parse()?);
    plan.rate = Rate::Closed { workers: usize::try_from(BURST)? };
    plan.connections = usize::try_from(BURST)?;
    plan.count = Some(BURST);
    plan.timeout = Duration::from_secs(20);
    plan.expect = vec![200, 503, 504];
    Ok(plan)
}

/// A call that no process has seen was refused by the sidecar; of those that went on some may be too late.
fn counts(outcome: &Outcome) -> (u64, u64) {
    let status = |status: u16| outcome.by_status.get(&status).copied().unwrap_or(0);
    (status(503), status(200) + status(504))
}

/// How long it took the sidecar to refuse. An answer that no process has signed is its own.
fn refusal_ms(outcome: &Outcome, quantile: f64) -> anyhow::Result<f64> {
    let refusals = outcome.latency_by_hop.get("none").and_then(|by_status| by_status.get(&503));
    Ok(refusals.context("nobody was refused by the sidecar")?.quantile_ms(quantile))
}

fn judge(outcome: &Outcome) -> anyhow::Result<()> {
    context::flawless(outcome)?;
    let (refused, rest) = counts(outcome);
    ensure!(refused + rest == BURST, "{} of {BURST} were answered", refused + rest);
    ensure!(rest <= LIMIT, "{rest} of {BURST} calls went on, the limit is {LIMIT}");
    ensure!(rest > LIMIT / 4, "only {rest} of {BURST} calls went on");
    // A call that waits in a queue waits for one that went on, and those take at least this.
    let half = refusal_ms(outcome, 0.5)?;
    ensure!(half < LATENCY_MS as f64, "the refused ones waited for {half:.0} ms first");
    Ok(())
}
