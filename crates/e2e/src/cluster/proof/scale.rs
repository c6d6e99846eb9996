//! Replicas follow the load: each autoscaler finds its Deployment and the container whose use it reads.

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::footprint::metrics_api;
use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{Cluster, read, until},
    kubectl,
    measured::Measured,
    mesh::root,
    pods::text,
    table::table,
};

/// Metrics come every quarter of a minute or so, and an autoscaler looks as often.
const METRICS: Duration = Duration::from_secs(120);

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("scale/autoscalers-read-metrics", Needs::Nothing, read_metrics),
        Assertion::new("scale/replicas-are-the-autoscalers", Needs::Nothing, replicas),
    ]
}

/// Each autoscaler says that it is active, and what use it has read.
async fn read_metrics(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    metrics_api().await?;
    let autoscalers = autoscalers().await?;
    for autoscaler in &autoscalers {
        // What an autoscaler has changed by then is set back after it has gone.
        let deployment = text(autoscaler, "/spec/scaleTargetRef/name");
        let now = kubectl::json(&["-n", SHOP, "get", "deployment", &deployment]).await?;
        cluster.changes.scale(&deployment, now["spec"]["replicas"].as_u64().context("it has replicas")?).await?;
    }
    cluster.changes.apply(&kubectl::list(&autoscalers)).await?;
    let rows = until(METRICS, "each autoscaler is active", || async {
        let mut rows = Vec::new();
        for autoscaler in &autoscalers {
            rows.push(active(&text(autoscaler, "/metadata/name")).await?);
        }
        Ok(rows)
    })
    .await?;
    let line = format!("{} autoscalers are active and have read the use of their container", rows.len());
    Ok(Measured::from(line).with(table(&["autoscaler", "container", "use", "target", "replicas"], &rows)))
}

/// The objects of the component, in the namespace of the shop.
async fn autoscalers() -> anyhow::Result<Vec<Value>> {
    let mut objects = Vec::new();
    for entry in fs::read_dir(root().join("k8s/components/hpa"))? {
        let path = entry?.path();
        if !path.ends_with("kustomization.yaml") {
            objects.extend(kubectl::objects(&read(&path)?, &["-n", SHOP]).await?);
        }
    }
    objects.sort_by_key(|object| text(object, "/metadata/name"));
    Ok(objects)
}

async fn active(name: &str) -> anyhow::Result<Vec<String>> {
    let autoscaler = kubectl::json(&["-n", SHOP, "get", "horizontalpodautoscaler", name]).await?;
    let conditions = autoscaler["status"]["conditions"].as_array();
    let scaling = conditions.into_iter().flatten().find(|condition| condition["type"] == "ScalingActive");
    let scaling = scaling.with_context(|| format!("{name} says nothing yet"))?;
    ensure!(scaling["status"] == "True", "{name}: {}", scaling["message"]);
    let metric = &autoscaler["status"]["currentMetrics"][0]["containerResource"];
    let wanted = &autoscaler["spec"]["metrics"][0]["containerResource"];
    let (Some(used), Some(target)) =
        (metric["current"]["averageUtilization"].as_u64(), wanted["target"]["averageUtilization"].as_u64())
    else {
        bail!("{name} has read nothing: {}", autoscaler["status"]);
    };
    let replicas = format!(
        "{} of {}..{}",
        autoscaler["status"]["currentReplicas"], autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]
    );
    Ok(vec![name.to_owned(), text(metric, "/container"), format!("{used} %"), format!("{target} %"), replicas])
}

/// Where production has an autoscaler, its Deployment names no number of replicas, which each apply would set again; and
/// each Deployment has one.
async fn replicas(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let objects = kubectl::rendered("k8s/overlays/production").await?;
    let named = |kind: &str, pointer: &str| -> BTreeSet<String> {
        objects.iter().filter(|object| object["kind"] == kind).map(|object| text(object, pointer)).collect()
    };
    let (deployments, scaled) =
        (named("Deployment", "/metadata/name"), named("HorizontalPodAutoscaler", "/spec/scaleTargetRef/name"));
    ensure!(deployments == scaled, "Deployments {deployments:?}, scaled {scaled:?}");
    for deployment in objects.iter().filter(|object| object["kind"] == "Deployment") {
        let (name, replicas) = (&deployment["metadata"]["name"], &deployment["spec"]["replicas"]);
        ensure!(*replicas == Value::Null, "{name} has {replicas} replicas beside its autoscaler");
    }
    Ok(format!("{} Deployments of production, each with an autoscaler and none with a number", scaled.len()).into())
}
