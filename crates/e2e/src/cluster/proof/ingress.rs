//! Production takes its customers from the ingress alone. A cluster without an ingress that has an identity can prove that
//! as well: a pod stands for it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use probe::Plan;
use serde_json::Value;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    callers::{Caller, Seen},
    context::{Cluster, SETTLE, expect, read, until},
    edge::Edge,
    kubectl,
    measured::Measured,
    mesh::Mesh,
};

/// Who is not the ingress: another service, another account of the mesh, nobody.
const OTHERS: [Caller; 3] = [Caller::OrderService, Caller::Stranger, Caller::Outside];

/// The group.
pub fn all() -> Vec<Assertion> {
    // Istio's overlays have one way in, and the matrix asks at it.
    vec![Assertion::new("authorization/ingress-alone", Needs::Only(Mesh::Linkerd), ingress_alone)]
}

/// Puts the policy of `authorization.yaml` in the place of the overlay's, asks, and takes it back.
async fn ingress_alone(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    cluster.callers().await?;
    cluster.changes.apply(&policy(&cluster).await?.to_string()).await?;
    let mut plan = Plan::new(format!("http://api-gateway.{SHOP}:8080/api/users/1").parse()?);
    plan.timeout = Duration::from_secs(5);
    until(SETTLE, "the ingress alone is let in", || asked(&cluster, &plan)).await?;
    if cluster.edge == Edge::Ingress {
        return Ok(line(&cluster));
    }
    expect(&cluster.get("/api/users/1").await?, 403).context("from outside")?;
    cluster.changes.undo().await?;
    until(SETTLE, "the edge is as it was", || async { expect(&cluster.get("/api/users/1").await?, 200) }).await?;
    Ok(line(&cluster))
}

fn line(cluster: &Cluster) -> Measured {
    let identity = cluster.mesh.ingress().map(|(namespace, account)| cluster.mesh.identity(namespace, account));
    let identity = identity.unwrap_or_default();
    format!("{identity} is let in; {} others are 403: {}", OTHERS.len(), OTHERS.map(Caller::name).join(", ")).into()
}

/// The policy that production has for the gateway.
async fn policy(cluster: &Cluster) -> anyhow::Result<Value> {
    let objects = kubectl::objects(&read(&cluster.mesh.file("authorization.yaml"))?, &[]).await?;
    let is_ours = |it: &Value| it["kind"] == "AuthorizationPolicy" && it["metadata"]["name"] == "api-gateway";
    objects.into_iter().find(is_ours).context("authorization.yaml has no policy for api-gateway")
}

async fn asked(cluster: &Cluster, plan: &Plan) -> anyhow::Result<()> {
    let callers = cluster.callers().await?;
    let ingress = callers.get(Caller::Ingress, plan).await?;
    ensure!(matches!(ingress, Seen::Answer { status: 200, served: true, .. }), "the ingress sees {ingress:?}");
    for caller in OTHERS {
        let seen = callers.get(caller, plan).await?;
        let refused = matches!(seen, Seen::Answer { status: 403, served: false, .. });
        ensure!(refused, "{} is not refused by the sidecar: {seen:?}", caller.name());
    }
    Ok(())
}
