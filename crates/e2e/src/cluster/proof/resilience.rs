//! What callers see of a service that fails, is slow, or has a sick pod, and what the service sees of the repeats.

mod breaker;

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use http::Method;
use probe::Plan;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cluster::{
    admin,
    assertion::{Assertion, Needs},
    context::{self, Cluster, until},
    load::unique,
    measured::Measured,
    pods::{self, Pod},
};

/// A service whose answers are spoiled, and the read through the ingress that ends there.
#[derive(Clone, Copy, Debug)]
struct Victim {
    labels: &'static str,
    read: &'static str,
    /// Milliseconds that the mesh gives a read of it, all attempts together.
    budget_ms: f64,
}

const USERS: Victim = Victim { labels: "app=user-service", read: "/api/users/1", budget_ms: 2000.0 };
const ORDERS: Victim = Victim { labels: "app=order-service,version=v1", read: "/api/orders/1", budget_ms: 3000.0 };

/// How often a request is sent at most: once, and again four times.
const ATTEMPTS: u64 = 5;

/// How long a breaker may keep a pod out that has become well.
const RECOVERY: Duration = Duration::from_secs(60);

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("resilience/retries-user-service", Needs::Mesh, |it| then_well(it.clone(), retries(it, USERS))),
        Assertion::new("resilience/retries-order-service", Needs::Mesh, |it| {
            then_well(it.clone(), retries(it, ORDERS))
        }),
        Assertion::new("resilience/writes-are-sent-once", Needs::Mesh, |it| {
            then_well(it.clone(), writes_are_sent_once(it))
        }),
        Assertion::new("resilience/one-layer-retries", Needs::Mesh, |it| then_well(it.clone(), one_layer_retries(it))),
        Assertion::new("resilience/timeout-user-service", Needs::Mesh, |it| then_well(it.clone(), timeout(it, USERS))),
        Assertion::new("resilience/timeout-order-service", Needs::Mesh, |it| {
            then_well(it.clone(), timeout(it, ORDERS))
        }),
        Assertion::new("resilience/breaker", Needs::Mesh, |it| then_well(it.clone(), breaker::breaker(it))),
    ]
}

/// Measures, ends the faults, and waits until no breaker keeps anybody from the pods: what comes next starts with well ones.
pub async fn then_well(
    cluster: Arc<Cluster>,
    body: impl Future<Output = anyhow::Result<Measured>>,
) -> anyhow::Result<Measured> {
    let measured = body.await;
    cluster.changes.undo().await?;
    // What was measured first says more than what came after it.
    let well = well(&cluster).await;
    measured.and_then(|measured| well.map(|()| measured))
}

/// Waits until no breaker keeps anybody from the pods, and no breaker counts their failures any more.
async fn well(cluster: &Cluster) -> anyhow::Result<()> {
    until(RECOVERY, "all is well again", || async {
        for victim in [USERS, ORDERS] {
            context::flawless(&context::count(cluster.plan(victim.read)?, 100).await)?;
        }
        Ok(())
    })
    .await
}

/// Ends the faults of pods, and waits for what they have caused to end as well.
async fn cure(cluster: &Cluster, pods: &[Pod]) -> anyhow::Result<()> {
    for pod in pods {
        admin::clear_faults(pod).await?;
    }
    well(cluster).await
}

/// Three of ten answers are failures; callers see hardly any, and the repeats have a bound.
async fn retries(cluster: Arc<Cluster>, victim: Victim) -> anyhow::Result<Measured> {
    let pods = sick(&cluster, victim, &json!({"status": "503:30"})).await?;
    let before = admin::requests(&pods, &GET).await?;
    let count = cluster.choose(5000, 1000);
    let outcome = context::count(cluster.plan(victim.read)?, count).await;
    let bad = outcome.failures() + outcome.unexpected;
    let share = bad as f64 / count as f64;
    let mean = (admin::requests(&pods, &GET).await? - before) as f64 / count as f64;
    ensure!(share < 0.01, "{bad} of {count} failed, {mean:.2} attempts each\n{}", context::trouble(&outcome));
    ensure!(mean > 1.2, "only {mean:.2} attempts each: nothing is repeated");
    let mut plan = cluster.plan(victim.read)?;
    plan.rate = probe::Rate::Closed { workers: 1 };
    one_that_fails(&cluster, &pods, plan, &GET).await.context("a read")?;
    Ok(format!(
        "30 % 503: {bad} of {count} failed ({:.2} %), {mean:.2} attempts each; 100 %: {ATTEMPTS} attempts",
        share * 100.0
    )
    .into())
}

/// A single request of which no attempt succeeds takes all its attempts, which are too few for any breaker: the bound itself.
async fn one_that_fails(
    cluster: &Cluster,
    pods: &[Pod],
    plan: Plan,
    method: &[(&'static str, &'static str)],
) -> anyhow::Result<()> {
    cure(cluster, pods).await?;
    spoil(cluster, pods, &json!({"status": "503:100"})).await?;
    let before = admin::requests(pods, method).await?;
    fail(plan, 1).await?;
    let attempts = admin::requests(pods, method).await? - before;
    ensure!(attempts == ATTEMPTS, "{attempts} attempts for one request, not {ATTEMPTS}");
    Ok(())
}

/// A write without a key is sent once, whatever comes of it; one with a key may be repeated.
async fn writes_are_sent_once(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let count = cluster.mesh.failures_before_breaker();
    let pods = sick(&cluster, ORDERS, &json!({"status": "503:100"})).await?;
    let before = admin::requests(&pods, &POST).await?;
    fail(order(&cluster)?, count).await?;
    let bare = admin::requests(&pods, &POST).await? - before;
    ensure!(bare == count, "{bare} attempts for {count} writes without a key");
    let mut keyed = order(&cluster)?;
    keyed.headers.push(("idempotency-key".parse()?, format!("proof-{}", unique()).parse()?));
    one_that_fails(&cluster, &pods, keyed, &POST).await.context("a write with a key")?;
    Ok(format!("without a key {bare} attempts for {count} writes, with one {ATTEMPTS} for a write").into())
}

/// order-service asks about the buyer once, and its own failure is not made worse by another layer.
async fn one_layer_retries(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let count = cluster.mesh.failures_before_breaker();
    let users = sick(&cluster, USERS, &json!({"status": "503:100"})).await?;
    let orders = pods::ready("app=order-service").await?;
    let (asked, ordered) = (admin::requests(&users, &GET).await?, admin::requests(&orders, &POST).await?);
    fail(order(&cluster)?, count).await?;
    let asked = admin::requests(&users, &GET).await? - asked;
    let ordered = admin::requests(&orders, &POST).await? - ordered;
    ensure!(ordered == count, "{ordered} attempts for {count} writes");
    ensure!(asked == count, "{asked} questions about the buyer for {count} writes");
    Ok(format!("{count} writes behind a dead user-service: {ordered} attempts, {asked} questions about the buyer")
        .into())
}

/// A service that takes 5 s is given up when its budget is used up.
async fn timeout(cluster: Arc<Cluster>, victim: Victim) -> anyhow::Result<Measured> {
    let slow = json!({"latency": "5s:100"});
    let pods = sick(&cluster, victim, &slow).await?;
    let plan = cluster.plan(victim.read)?;
    let mut times = Vec::new();
    for at in 0..cluster.choose(20, 4) {
        // A breaker that counts timeouts would answer soon instead.
        if at > 0 && at % cluster.mesh.timeouts_before_breaker() == 0 {
            cure(&cluster, &pods).await?;
            spoil(&cluster, &pods, &slow).await?;
        }
        let started = Instant::now();
        let answer = probe::call(&plan).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        context::expect(&answer, 504)?;
    }
    let (least, most) = (times.iter().copied().fold(f64::MAX, f64::min), times.iter().copied().fold(0.0, f64::max));
    let bound = victim.budget_ms * 1.2;
    ensure!(most <= bound, "504 after {most:.0} ms, budget {} ms", victim.budget_ms);
    ensure!(least >= victim.budget_ms * 0.9, "504 after {least:.0} ms, before the budget of {} ms", victim.budget_ms);
    let line = format!("{} of {} are 504 after {least:.0}..{most:.0} ms", times.len(), times.len());
    Ok(format!("{line}, budget {} ms, bound {bound:.0} ms", victim.budget_ms).into())
}

const GET: [(&str, &str); 1] = [("method", "GET")];
const POST: [(&str, &str); 1] = [("method", "POST")];

/// Spoils the answers of a service while all traffic goes to the release that is spoiled.
async fn sick(cluster: &Cluster, victim: Victim, faults: &Value) -> anyhow::Result<Vec<Pod>> {
    cluster.apply("canary/100-0.yaml").await?;
    let pods = pods::ready(victim.labels).await?;
    spoil(cluster, &pods, faults).await?;
    Ok(pods)
}

async fn spoil(cluster: &Cluster, pods: &[Pod], faults: &Value) -> anyhow::Result<()> {
    for pod in pods {
        cluster.changes.faults(pod, faults).await?;
    }
    Ok(())
}

/// A new order without a key.
fn order(cluster: &Cluster) -> anyhow::Result<Plan> {
    let line = json!({"sku": "proof", "quantity": 1, "unit_price": {"amount_minor": 1, "currency": "EUR"}});
    let mut plan = cluster.write(Method::POST, "/api/orders", &json!({"user_id": 1, "lines": [line]}))?;
    plan.rate = probe::Rate::Closed { workers: 1 };
    Ok(plan)
}

/// Sends writes that must all fail.
async fn fail(plan: Plan, count: u64) -> anyhow::Result<()> {
    let outcome = context::count(plan, count).await;
    ensure!(outcome.unexpected == count, "not all failed: {}", context::trouble(&outcome));
    let failed = outcome.by_status.range(500..).map(|(_, count)| count).sum::<u64>();
    ensure!(failed == count, "they failed in another way: {}", context::trouble(&outcome));
    Ok(())
}
