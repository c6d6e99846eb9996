//! Traffic falls to the releases of order-service as the files of `canary/` say, described in either language.

use std::{future::Future, sync::Arc};

use anyhow::{Context, ensure};
use http::Method;
use probe::{Outcome, Plan};
use serde_json::json;
use tokio::time::Instant;

use crate::cluster::{
    admin,
    assertion::{Assertion, Needs},
    context::{self, Cluster, SETTLE, bounded, until, with_header},
    measured::Measured,
    mesh::Mesh,
    pods,
};

const STABLE: &str = "order-service/v1";
const CANARY: &str = "order-service/v2";
const PATH: &str = "/api/orders/1";
const WEIGHTS: [(&str, f64); 4] = [("100-0", 0.0), ("90-10", 0.1), ("50-50", 0.5), ("0-100", 1.0)];
const SAMPLE: u64 = 250;

/// How a state is described.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// In the mesh's own folder `canary`.
    Own,
    /// In Istio's twin folder, as an HTTPRoute.
    HttpRoute,
}

/// The group.
pub fn all() -> Vec<Assertion> {
    let mut all = Vec::new();
    for (kind, prefix, needs) in
        [(Kind::Own, "canary", Needs::Mesh), (Kind::HttpRoute, "canary-httproute", Needs::Only(Mesh::Istio))]
    {
        for (step, share) in WEIGHTS {
            all.push(Assertion::new(format!("{prefix}/{step}"), needs, move |it| weights(it, kind, step, share)));
        }
        all.push(Assertion::new(format!("{prefix}/by-header"), needs, move |it| by_header(it, kind)));
        // Only Istio's folder has a state that copies.
        all.push(Assertion::new(format!("{prefix}/mirror"), Needs::Only(Mesh::Istio), move |it| mirror(it, kind)));
    }
    all
}

/// The share of v2 is what the weights say, but for chance, and of writes as of reads, with a key or without.
async fn weights(cluster: Arc<Cluster>, kind: Kind, step: &'static str, share: f64) -> anyhow::Result<Measured> {
    apply(&cluster, kind, step).await?;
    let plan = cluster.plan(PATH)?;
    settled(&cluster, &plan, share).await?;
    let count = cluster.choose(5000, 2000);
    let outcome = context::count(plan, count).await;
    let (seen, band) = (judge(&cluster, &outcome, share)?, cluster.band(share, count));
    let p99 = outcome.latency.quantile_ms(0.99);
    let reads = format!("v2 {:.2} % of {count}, band {band}; p99 {p99:.0} ms", seen * 100.0);
    let mut writes = Vec::new();
    for (plan, what) in [
        (refused_order(&cluster)?, "writes"),
        (with_header(refused_order(&cluster)?, "idempotency-key", "proof-{n}"), "with a key"),
    ] {
        let (seen, count) = shared_writes(&cluster, plan, share).await?;
        writes.push(format!("{:.1} % of {count} {what}", seen * 100.0));
    }
    Ok(format!("{reads}; {}", writes.join(", ")).into())
}

/// The share of v2 among writes that the release which looks at them refuses, and how many there were.
async fn shared_writes(cluster: &Cluster, plan: Plan, share: f64) -> anyhow::Result<(f64, u64)> {
    let count = cluster.choose(1000, 200);
    let outcome = context::count(plan, count).await;
    let band = cluster.band(share, count);
    let looked_at: u64 = [STABLE, CANARY].iter().filter_map(|release| outcome.by_hop.get(*release)).sum();
    ensure!(looked_at == count, "{looked_at} writes reached a release: {}", context::trouble(&outcome));
    let seen = outcome.share(CANARY).context("no write was answered by order-service")?;
    ensure!(band.holds(seen), "v2 {:.2} % of {count} writes, outside {band}", seen * 100.0);
    Ok((seen, count))
}

/// Who asks for v2 gets it, and nobody else.
async fn by_header(cluster: Arc<Cluster>, kind: Kind) -> anyhow::Result<Measured> {
    apply(&cluster, kind, "by-header").await?;
    let count = cluster.choose(5000, 500);
    let mut shares = Vec::new();
    for (plan, share) in [
        (with_header(cluster.plan(PATH)?, "x-canary", "v2"), 1.0),
        (with_header(cluster.plan(PATH)?, "x-canary", "v1"), 0.0),
        (cluster.plan(PATH)?, 0.0),
    ] {
        settled(&cluster, &plan, share).await?;
        shares.push(judge(&cluster, &context::count(plan, count).await, share)? * 100.0);
    }
    let [with, other, without] = shares[..] else { unreachable!("three were measured") };
    Ok(format!("x-canary: v2 {with:.0} % v2, v1 {other:.0} %, without {without:.0} %, of {count} each").into())
}

/// v2 gets a copy of each read and answers nobody; writes are not copied.
async fn mirror(cluster: Arc<Cluster>, kind: Kind) -> anyhow::Result<Measured> {
    apply(&cluster, kind, "mirror").await?;
    let plan = cluster.plan(PATH)?;
    settled(&cluster, &plan, 0.0).await?;
    let v2 = pods::ready("app=order-service,version=v2").await?;
    let copies = || admin::requests(&v2, &[("method", "GET")]);
    copied(&plan, copies).await?;
    // Before the reads: a copy of it would have come by the time that theirs have.
    let writes = admin::requests(&v2, &[("method", "POST")]).await?;
    write(&cluster).await?;
    let (before, count) = (still(copies).await?, cluster.choose(5000, 500));
    judge(&cluster, &context::count(plan, count).await, 0.0)?;
    let wanted = before + count;
    let after = until(SETTLE, "each read is copied", || async {
        let now = copies().await?;
        ensure!(now >= wanted, "{} of {count} copies came", now - before);
        Ok(now)
    })
    .await?;
    ensure!(after == wanted, "{} copies of {count} reads", after - before);
    ensure!(admin::requests(&v2, &[("method", "POST")]).await? == writes, "a write was copied");
    Ok(format!("{count} reads, {} copies at v2, 0 answered by it; 1 write, no copy", after - before).into())
}

/// A new order for a buyer who does not exist: a release looks at it and stores nothing.
fn refused_order(cluster: &Cluster) -> anyhow::Result<Plan> {
    let line = json!({"sku": "proof", "quantity": 1, "unit_price": {"amount_minor": 1, "currency": "EUR"}});
    cluster.write(Method::POST, "/api/orders", &json!({"user_id": i64::from(i32::MAX), "lines": [line]}))
}

async fn write(cluster: &Cluster) -> anyhow::Result<()> {
    let answer = probe::call(&refused_order(cluster)?).await?;
    let hop = answer.served_by().any(|hop| hop.workload() == STABLE);
    ensure!(hop && answer.status.is_client_error(), "{} {}", answer.status, answer.text());
    Ok(())
}

/// Every proxy copies: then a handful of reads, which fall to any of them, has as many copies.
async fn copied<F>(plan: &Plan, copies: impl Fn() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<u64>>,
{
    until(SETTLE, "every proxy copies", || async {
        let before = copies().await?;
        context::count(plan.clone(), 40).await;
        let now = still(&copies).await?;
        ensure!(now - before >= 40, "{} of 40 copied", now - before);
        Ok(())
    })
    .await
}

/// The number when no more copies come.
async fn still<F>(copies: impl Fn() -> F) -> anyhow::Result<u64>
where
    F: Future<Output = anyhow::Result<u64>>,
{
    until(SETTLE, "no more copies come", || async {
        let (before, now) = (copies().await?, copies().await?);
        ensure!(before == now, "{} more", now - before);
        Ok(now)
    })
    .await
}

async fn apply(cluster: &Cluster, kind: Kind, step: &str) -> anyhow::Result<()> {
    match kind {
        Kind::Own => cluster.apply(&format!("canary/{step}.yaml")).await,
        Kind::HttpRoute => {
            cluster.changes.delete("virtualservices.networking.istio.io", "order-service").await?;
            cluster.apply("gateway-api/circuit-breaking.yaml").await?;
            cluster.apply(&format!("gateway-api/canary/{step}.yaml")).await
        }
    }
}

/// Waits until two samples in a row are as the state wants them: proxies learn of it one after the other, and a single
/// sample may look right while one of them does not know yet.
async fn settled(cluster: &Cluster, plan: &Plan, share: f64) -> anyhow::Result<()> {
    let end = Instant::now() + bounded(SETTLE);
    let mut right = 0;
    while right < 2 {
        let judged = judge(cluster, &context::count(plan.clone(), SAMPLE).await, share);
        right = if judged.is_ok() { right + 1 } else { 0 };
        if Instant::now() > end {
            return judged.map(drop).context("callers do not see this state");
        }
    }
    Ok(())
}

/// The share of v2, when it is right and every request was answered.
fn judge(cluster: &Cluster, outcome: &Outcome, share: f64) -> anyhow::Result<f64> {
    context::flawless(outcome)?;
    let seen = outcome.share(CANARY).context("no answer came from order-service")?;
    let band = cluster.band(share, outcome.sent);
    ensure!(band.holds(seen), "v2 {:.2} % of {}, outside {band}", seen * 100.0, outcome.sent);
    Ok(seen)
}
