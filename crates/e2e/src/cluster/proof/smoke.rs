//! The shop answers: what everything else leans on.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::{Context, ensure};
use http::{HeaderValue, Method, header::AUTHORIZATION};
use probe::Plan;
use serde_json::json;
use tokio::time::Instant;

use crate::cluster::{
    assertion::{Assertion, Needs},
    context::{self, Cluster, SETTLE, body, expect, until},
    kubectl, load,
    measured::Measured,
    mesh::Mesh,
    pods,
};

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("smoke/ready", Needs::Nothing, ready),
        Assertion::new("smoke/reads", Needs::Nothing, reads),
        Assertion::new("smoke/writes", Needs::Nothing, writes),
        Assertion::new("smoke/served-by", Needs::Nothing, served_by),
        Assertion::new("smoke/admin-is-inside", Needs::Nothing, admin_is_inside),
        Assertion::new("smoke/gateway-api-ingress", Needs::Only(Mesh::Istio), gateway_api_ingress),
    ]
}

/// Every pod is ready, all replicas of all workloads are there.
async fn ready(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let pods = pods::all("app.kubernetes.io/part-of=shop").await?;
    for pod in &pods {
        ensure!(pods::is_ready(pod), "{} is not ready", pods::text(pod, "/metadata/name"));
    }
    let deployments = pods::deployments().await?;
    for deployment in &deployments {
        pods::rolled_out(deployment).await?;
    }
    let restarts: u64 = pods.iter().map(pods::restarts).sum();
    Ok(format!("{} pods of {} deployments and 2 databases, {restarts} restarts", pods.len(), deployments.len()).into())
}

/// The four reads that a newcomer tries first.
async fn reads(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut times = Vec::new();
    for (path, field, wanted) in [
        ("/api/users/1", "/data/id", json!(1)),
        ("/api/orders/1", "/data/id", json!(1)),
        ("/api/orders?user_id=1&limit=1", "/data/items/0/user_id", json!(1)),
        ("/api/users/1/overview", "/degraded", json!([])),
    ] {
        let started = Instant::now();
        let answer = cluster.get(path).await?;
        times.push(format!("{path} {:.0} ms", started.elapsed().as_secs_f64() * 1000.0));
        expect(&answer, 200)?;
        let body = body(&answer)?;
        ensure!(body.pointer(field) == Some(&wanted), "{path}: {field} is not {wanted}: {body}");
    }
    Ok(times.join(", ").into())
}

/// A write wants a token that somebody trusted has signed.
async fn writes(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let user = json!({"name": "Proof", "email": format!("proof-{}@example.com", load::unique())});
    let mut plan = cluster.write(Method::POST, "/api/users", &user)?;
    let created = probe::call(&plan).await?;
    expect(&created, 201)?;
    let id = body(&created)?["data"]["id"].as_i64().context("a new user has an id")?;
    let deleted = probe::call(&cluster.write(Method::DELETE, &format!("/api/users/{id}"), &json!({}))?).await?;
    ensure!(deleted.status.is_success(), "DELETE: {} {}", deleted.status, deleted.text());
    let forged = status_with(&mut plan, Some(&e2e::token::bearer("mallory"))).await?;
    let none = status_with(&mut plan, None).await?;
    ensure!(matches!(forged, 401 | 403), "with a token of somebody else's key: {forged}");
    ensure!(matches!(none, 401 | 403), "without a token: {none}");
    Ok(format!("POST with a token 201, DELETE {}; forged {forged}, none {none}", deleted.status.as_u16()).into())
}

async fn status_with(plan: &mut Plan, token: Option<&str>) -> anyhow::Result<u16> {
    plan.headers.retain(|(name, _)| name != AUTHORIZATION);
    if let Some(token) = token {
        plan.headers.push((AUTHORIZATION, HeaderValue::from_str(token)?));
    }
    Ok(probe::call(plan).await?.status.as_u16())
}

/// Answers name the pods that made them, as the cluster knows them.
async fn served_by(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let pods = pods::ready("app.kubernetes.io/part-of=shop").await?;
    let known: BTreeSet<String> = pods.iter().map(pods::Pod::hop).collect();
    let mut seen = BTreeSet::new();
    for path in ["/api/users/1", "/api/orders/1"] {
        let outcome = context::count(cluster.plan(path)?, 60).await;
        context::flawless(&outcome)?;
        seen.extend(outcome.by_pod.into_keys());
    }
    ensure!(seen.is_subset(&known), "x-served-by names {seen:?}, and ready are {known:?}");
    for app in ["api-gateway/", "user-service/", "order-service/"] {
        ensure!(seen.iter().any(|hop| hop.starts_with(app)), "nobody of {app} in {seen:?}");
    }
    Ok(format!("{} pods answered 120 requests, all known to the cluster", seen.len()).into())
}

/// What is for operators is not for the world.
async fn admin_is_inside(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let paths = ["/livez", "/readyz", "/metrics", "/version", "/faults", "/log-level"];
    for path in paths {
        let answer = cluster.get(path).await?;
        ensure!(answer.status == 404, "{path} is answered with {} from outside", answer.status);
    }
    Ok(format!("{} paths of the admin port are 404 from outside", paths.len()).into())
}

/// The ingress works the same when the Gateway API describes it.
async fn gateway_api_ingress(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    cluster.changes.delete("gateways.networking.istio.io", "shop").await?;
    cluster.changes.delete("virtualservices.networking.istio.io", "api-gateway").await?;
    // Without a description the way in is closed: then what is open later, the new one has opened.
    until(SETTLE, "the ingress is closed", || async {
        let answer = cluster.get("/api/users/1").await;
        ensure!(!answer.is_ok_and(|answer| answer.status == 200), "it still answers");
        Ok(())
    })
    .await?;
    let started = Instant::now();
    cluster.apply("gateway-api/ingress.yaml").await?;
    until(SETTLE, "the ingress is open again", || async { expect(&cluster.get("/api/users/1").await?, 200) }).await?;
    let opened = started.elapsed().as_secs_f64();
    let outcome = context::count(cluster.plan("/api/orders/1")?, 300).await;
    context::flawless(&outcome)?;
    programmed().await?;
    reopened(&cluster).await?;
    Ok(format!("open {opened:.1} s after its HTTPRoute, 300 of 300 answered, Gateway programmed").into())
}

/// Whether the mesh says of its Gateway that it has done what it describes.
async fn programmed() -> anyhow::Result<()> {
    let gateways = kubectl::items(&["get", "gateways.gateway.networking.k8s.io", "-A"]).await?;
    let ours = gateways.iter().find(|gateway| gateway["metadata"]["name"] == "shop").context("no Gateway shop")?;
    let conditions = ours["status"]["conditions"].as_array();
    let programmed = conditions.into_iter().flatten().find(|condition| condition["type"] == "Programmed");
    let status = programmed.context("the Gateway says nothing about Programmed")?;
    ensure!(status["status"] == "True", "the Gateway is not programmed: {status}");
    Ok(())
}

/// Undoes the change here, to see that the way in is open again before others use it.
async fn reopened(cluster: &Cluster) -> anyhow::Result<()> {
    cluster.changes.undo().await?;
    until(SETTLE, "the ingress is as it was", || async { expect(&cluster.get("/api/users/1").await?, 200) }).await
}
