//! A sick pod of three gets no more requests, and gets them again when it is well; callers hardly notice.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use probe::{Rate, Running};
use serde_json::json;
use tokio::time::Instant;

use super::{GET, ORDERS};
use crate::cluster::{
    admin,
    context::{Cluster, trouble, until},
    measured::Measured,
    pods::{self, Pod},
};

/// Requests of one look at who gets how many.
const WINDOW: u64 = 150;
const PER_SECOND: f64 = 60.0;
/// A third of a window is hardly ever less than this by chance.
const A_PART: f64 = 0.2;
/// A pod that was put out several times stays out longer each time.
const PATIENCE: Duration = Duration::from_secs(90);

/// Both halves, under load all the time.
pub async fn breaker(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    cluster.apply("canary/100-0.yaml").await?;
    cluster.changes.scale("order-service-v1", 3).await?;
    let pods = pods::ready(ORDERS.labels).await?;
    ensure!(pods.len() == 3, "{} pods are ready instead of 3", pods.len());
    let sick = pods.first().context("there are three")?;
    let mut plan = cluster.plan(ORDERS.read)?;
    plan.rate = Rate::PerSecond(PER_SECOND);
    let load = Running::start(plan);
    // What was sick for an assertion before this one may still be out, and a new pod takes its part some time later.
    let before = takes_part(&load, sick).await.context("before it is sick")?;

    cluster.changes.faults(sick, &json!({"status": "503:100"})).await?;
    let started = Instant::now();
    until(PATIENCE, "the sick pod gets no more requests", || async {
        let now = share(&load, sick).await?;
        ensure!(now == 0.0, "it has a share of {now:.3}");
        Ok(())
    })
    .await?;
    let out = started.elapsed().as_secs_f64();

    admin::clear_faults(sick).await?;
    let started = Instant::now();
    let after = takes_part(&load, sick).await.context("after its cure")?;
    let back = started.elapsed().as_secs_f64();
    let outcome = load.stop().await;
    let bad = outcome.failures() + outcome.unexpected;
    let most = outcome.sent / 100;
    ensure!(bad <= most, "{bad} of {} reads failed, the bound is {most}: {}", outcome.sent, trouble(&outcome));
    Ok(format!(
        "share of one pod of three {:.0} %, sick 0 % after {out:.0} s, cured {:.0} % after {back:.0} s; {bad} of {} reads failed, at most {most}",
        before * 100.0,
        after * 100.0,
        outcome.sent
    )
    .into())
}

/// Waits until a pod of three gets its part of the requests, and says which share.
async fn takes_part(load: &Running, pod: &Pod) -> anyhow::Result<f64> {
    until(PATIENCE, "a pod gets requests", || async {
        let now = share(load, pod).await?;
        ensure!(now > A_PART, "it has a share of {now:.3}");
        Ok(now)
    })
    .await
}

/// The share of a pod in the requests of one window, attempts included.
async fn share(load: &Running, pod: &Pod) -> anyhow::Result<f64> {
    let pods = std::slice::from_ref(pod);
    let (requests, sent) = (admin::requests(pods, &GET).await?, load.outcome().sent);
    while load.outcome().sent < sent + WINDOW {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let sent = load.outcome().sent - sent;
    Ok((admin::requests(pods, &GET).await? - requests) as f64 / sent as f64)
}
