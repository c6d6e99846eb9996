//! What operators do to a shop under load costs its users nothing.

mod kill;

use std::{future::Future, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use serde_json::json;
use tokio::time::interval;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{Cluster, SETTLE, count, until},
    kubectl,
    load::{Load, Report},
    measured::Measured,
    pods::{self, Pod},
};

/// What serves requests, and so is disturbed.
const DEPLOYMENTS: [&str; 4] = ["api-gateway", "user-service", "order-service-v1", "order-service-v2"];

/// Of order-service the release that has all the traffic.
const SCALED: [&str; 3] = ["api-gateway", "user-service", "order-service-v1"];

/// A pod every so often.
const DELETE_EVERY: Duration = Duration::from_secs(5);

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("disturbance/shift", Needs::Mesh, shift),
        Assertion::new("disturbance/rolling-restart", Needs::Nothing, rolling_restart),
        Assertion::new("disturbance/pod-deletion", Needs::Nothing, pod_deletion),
        Assertion::new("disturbance/eviction", Needs::Nothing, eviction),
        Assertion::new("disturbance/scale", Needs::Nothing, scale),
        Assertion::new("disturbance/control-plane-restart", Needs::Mesh, control_plane_restart),
        Assertion::new("disturbance/kill", Needs::Mesh, kill::kill),
    ]
}

/// All traffic from one release to the other and back.
async fn shift(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    cluster.apply("canary/100-0.yaml").await?;
    let (line, report) = under_load(&cluster, async {
        for (step, wanted) in [("0-100", 1.0), ("100-0", 0.0)] {
            cluster.apply(&format!("canary/{step}.yaml")).await?;
            until(SETTLE, step, || async {
                let share = count(cluster.plan("/api/orders/1")?, 100).await.share("order-service/v2");
                ensure!(share == Some(wanted), "v2 has {share:?}");
                Ok(())
            })
            .await?;
            // Some time in this state.
            count(cluster.plan("/api/orders/1")?, 300).await;
        }
        Ok(())
    })
    .await?;
    let v2 = report.reads.by_hop.get("order-service/v2").copied().unwrap_or(0);
    ensure!(v2 > 0, "v2 answered none of the load");
    Ok(format!("{line}, {v2} reads answered by v2").into())
}

/// Every pod replaced by a new one.
async fn rolling_restart(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (line, _) = under_load(&cluster, async {
        for deployment in DEPLOYMENTS {
            restart(deployment).await?;
        }
        gone().await
    })
    .await?;
    Ok(format!("{line}; {} deployments", DEPLOYMENTS.len()).into())
}

async fn restart(deployment: &str) -> anyhow::Result<()> {
    kubectl::run(&["-n", SHOP, "rollout", "restart", "deployment", deployment]).await?;
    pods::rolled_out(deployment).await
}

/// Waits until no pod is about to end: what it does until then belongs to the disturbance.
async fn gone() -> anyhow::Result<()> {
    until(Duration::from_secs(60), "old pods are gone", || async {
        let pods = kubectl::items(&["-n", SHOP, "get", "pods"]).await?;
        let ending = pods.iter().filter(|pod| !pod["metadata"]["deletionTimestamp"].is_null()).count();
        ensure!(ending == 0, "{ending} pods are ending");
        Ok(())
    })
    .await
}

/// A pod deleted every few seconds, of each service in turn.
async fn pod_deletion(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let rounds = cluster.choose(20, 4);
    let (line, _) = under_load(&cluster, async {
        let mut ticks = interval(DELETE_EVERY);
        for deployment in DEPLOYMENTS.iter().cycle().take(rounds) {
            ticks.tick().await;
            delete_one(deployment).await?;
        }
        for deployment in DEPLOYMENTS {
            pods::rolled_out(deployment).await?;
        }
        gone().await
    })
    .await?;
    Ok(format!("{line}; {rounds} pods deleted").into())
}

/// Deletes a pod of a Deployment that has another one to go on with.
async fn delete_one(deployment: &str) -> anyhow::Result<()> {
    let labels = match deployment.strip_prefix("order-service-") {
        Some(version) => format!("app=order-service,version={version}"),
        None => format!("app={deployment}"),
    };
    let pods = until(SETTLE, "two pods are ready", || async {
        let pods = pods::ready(&labels).await?;
        ensure!(pods.len() > 1, "only {} of {deployment}", pods.len());
        Ok(pods)
    })
    .await?;
    kubectl::run(&["-n", SHOP, "delete", "pod", &pods[0].name, "--wait=false"]).await.map(drop)
}

/// Whoever empties a node takes one pod of a service at a time, and is told to wait with the next.
async fn eviction(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (line, _) = under_load(&cluster, async {
        for app in ["api-gateway", "user-service", "order-service"] {
            let pods = pods::ready(&format!("app={app}")).await?;
            let [first, second, ..] = &pods[..] else { bail!("{app} has only {} ready pods", pods.len()) };
            evict(first).await.with_context(|| format!("the first pod of {app}"))?;
            let refusal = evict(second).await.err().with_context(|| format!("both pods of {app} were evicted"))?;
            ensure!(format!("{refusal:#}").contains("disruption budget"), "{app}: {refusal:#}");
            // Ready again before the next service, which may lean on this one.
            whole(app).await?;
        }
        gone().await
    })
    .await?;
    Ok(format!("{line}; of each service one pod evicted, the second refused by its budget").into())
}

async fn evict(pod: &Pod) -> anyhow::Result<()> {
    let path = format!("/api/v1/namespaces/{SHOP}/pods/{}/eviction", pod.name);
    let wish = json!({
        "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod.name, "namespace": SHOP},
    });
    kubectl::feed(&["create", "--raw", &path, "-f", "-"], &wish.to_string()).await.map(drop)
}

/// Waits until all pods of a service are ready.
async fn whole(app: &str) -> anyhow::Result<()> {
    let deployments = DEPLOYMENTS.iter().filter(|deployment| deployment.starts_with(app));
    for deployment in deployments {
        pods::rolled_out(deployment).await?;
    }
    Ok(())
}

/// One replica, three, and one again.
async fn scale(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    for deployment in SCALED {
        cluster.changes.scale(deployment, 1).await?;
    }
    gone().await?;
    let (line, _) = under_load(&cluster, async {
        for deployment in SCALED {
            cluster.changes.scale(deployment, 3).await?;
            cluster.changes.scale(deployment, 1).await?;
        }
        gone().await
    })
    .await?;
    Ok(format!("{line}; {} 1 -> 3 -> 1", SCALED.join(", ")).into())
}

/// The mesh decides nothing for a moment, and then goes on deciding.
async fn control_plane_restart(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let (namespace, deployment) = cluster.mesh.control_plane().context("a mesh has one")?;
    let (line, _) = under_load(&cluster, async {
        kubectl::run(&["-n", namespace, "rollout", "restart", "deployment", deployment]).await?;
        let name = format!("deployment/{deployment}");
        kubectl::run(&["-n", namespace, "rollout", "status", &name, "--timeout=110s"]).await?;
        cluster.apply("canary/0-100.yaml").await?;
        until(SETTLE, "a new state reaches the proxies", || async {
            let share = count(cluster.plan("/api/orders/1")?, 100).await.share("order-service/v2");
            ensure!(share == Some(1.0), "v2 has {share:?}");
            Ok(())
        })
        .await
    })
    .await?;
    Ok(format!("{line}; then a new state came into force").into())
}

/// Loads the shop while something is done to it, and as long as the count wants it.
///
/// # Errors
/// When the disturbance cannot be made, a request failed, or an acknowledged order is lost or doubled.
async fn under_load(
    cluster: &Cluster,
    disturbance: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<(String, Report)> {
    let report = disturbed(cluster, disturbance).await?;
    report.expect_flawless()?;
    let orders = report.expect_each_order_once(cluster).await?;
    Ok((format!("{}, 0 failed, {orders} orders exactly once", report.line()), report))
}

async fn disturbed(cluster: &Cluster, disturbance: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<Report> {
    // A sidecar takes away the word with which a process that ends asks its callers for new connections. So a caller without
    // one keeps its connection until it breaks; callers with one go by the cluster's list of pods. Requests of the world
    // therefore come in by a sidecar, as they do through an ingress.
    let way = cluster.way_in().await?;
    let mut load = Load::start(cluster, way, cluster.choose(150.0, 50.0)).await?;
    load.undisturbed(100).await;
    load.disturbed_by(disturbance).await?;
    load.reach(cluster.choose(20_000, 1_000)).await;
    Ok(load.stop().await)
}
