//! What the shop costs: images, memory, time to start. Printed, with bounds only against the absurd.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::cluster::{
    SHOP,
    assertion::{Assertion, Needs},
    context::{Cluster, SETTLE, until},
    images, kubectl,
    measured::Measured,
    pods,
    table::table,
};

const IMAGES: [&str; 4] = ["api-gateway", "user-service", "order-service", "probe"];

/// Who answers what containers use.
const METRICS_API: &str = "v1beta1.metrics.k8s.io";
/// How it is brought into a cluster that has none. The kubelets of kind have certificates that nobody has signed.
const METRICS_SERVER: &str = "\
  kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml
  kubectl -n kube-system patch deployment metrics-server --type json \
-p '[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/0/args/-\",\"value\":\"--kubelet-insecure-tls\"}]'
  kubectl -n kube-system rollout status deployment metrics-server";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("footprint/images", Needs::Nothing, images),
        Assertion::new("footprint/memory", Needs::Nothing, memory),
        Assertion::new("footprint/time-to-ready", Needs::Nothing, time_to_ready),
    ]
}

/// As the nodes hold them. A node tells of a new image after some seconds.
async fn images(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    until(SETTLE, "the nodes tell of the images", || async {
        let nodes = kubectl::items(&["get", "nodes"]).await?;
        let size = |image: &&str| {
            let tagged = images::reference(image);
            let bytes = size(&nodes, &tagged).with_context(|| format!("no node has {tagged}"))?;
            anyhow::Ok(format!("{tagged} {:.1} MB", bytes / 1e6))
        };
        Ok(IMAGES.iter().map(size).collect::<anyhow::Result<Vec<_>>>()?.join(", ").into())
    })
    .await
}

/// Bytes of an image, compressed.
fn size(nodes: &[Value], tagged: &str) -> Option<f64> {
    let mut images = nodes.iter().filter_map(|node| node["status"]["images"].as_array()).flatten();
    let named = |name: &Value| name.as_str().is_some_and(|name| images::is_named(tagged, name));
    images.find(|image| image["names"].as_array().into_iter().flatten().any(named))?["sizeBytes"].as_f64()
}

/// Of each container, as the metrics API has it.
async fn memory(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    metrics_api().await?;
    let path = format!("/apis/metrics.k8s.io/v1beta1/namespaces/{SHOP}/pods");
    // Pods that have just been made are not measured yet.
    let wanted = pods::all("app.kubernetes.io/part-of=shop").await?.len();
    let list = until(SETTLE, "all pods are measured", || async {
        let list: Value = serde_json::from_str(&kubectl::run(&["get", "--raw", &path]).await?)?;
        let measured = list["items"].as_array().map_or(0, Vec::len);
        ensure!(measured >= wanted, "{measured} of {wanted}");
        Ok(list)
    })
    .await?;
    let mut by_container: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for pod in list["items"].as_array().into_iter().flatten() {
        let app = pods::text(pod, "/metadata/labels/app");
        for container in pod["containers"].as_array().into_iter().flatten() {
            let name = pods::text(container, "/name");
            let name = if Some(name.as_str()) == cluster.mesh.sidecar() { name } else { app.clone() };
            by_container.entry(name).or_default().push(mebibytes(&pods::text(container, "/usage/memory"))?);
        }
    }
    let total: f64 = by_container.values().flatten().sum();
    let rows: Vec<_> = by_container.iter().map(|(name, each)| row(name, each)).collect();
    let sidecars = cluster.mesh.sidecar().and_then(|name| by_container.get(name));
    let sidecars = sidecars.map(|each| format!(", of it {:.0} MiB sidecars", each.iter().sum::<f64>()));
    let line = format!("{total:.0} MiB in all{}", sidecars.unwrap_or_default());
    Ok(Measured::from(line).with(table(&["container", "how many", "MiB least", "most", "together"], &rows)))
}

/// Fails when the cluster measures nothing, with the commands that let it: kind brings no metrics-server.
pub async fn metrics_api() -> anyhow::Result<()> {
    let there = kubectl::run(&["get", "apiservice", METRICS_API, "--ignore-not-found", "-o", "name"]).await?;
    ensure!(
        !there.trim().is_empty(),
        "nothing was measured: metrics-server is missing; install it with:\n{METRICS_SERVER}"
    );
    Ok(())
}

fn row(name: &str, each: &[f64]) -> Vec<String> {
    let (least, most) = (each.iter().copied().fold(f64::MAX, f64::min), each.iter().copied().fold(0.0, f64::max));
    let show = |number: f64| format!("{number:.1}");
    vec![name.to_owned(), each.len().to_string(), show(least), show(most), show(each.iter().sum())]
}

/// A quantity such as `4916Ki`.
fn mebibytes(quantity: &str) -> anyhow::Result<f64> {
    let digits = quantity.trim_end_matches(char::is_alphabetic);
    let bytes = match &quantity[digits.len()..] {
        "" => 1.0,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        unit => anyhow::bail!("{quantity}: {unit} is no unit of memory"),
    };
    Ok(digits.parse::<f64>().with_context(|| quantity.to_owned())? * bytes / (1024.0 * 1024.0))
}

/// From a pod's making to its readiness, in the full seconds that the cluster notes.
async fn time_to_ready(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut by_app: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for pod in pods::all("app.kubernetes.io/part-of=shop").await? {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
        let made = seconds(&pods::text(&pod, "/metadata/creationTimestamp"));
        let ready = ready.and_then(|condition| seconds(&pods::text(condition, "/lastTransitionTime")));
        // A container that was started again would count from the first start.
        if let (Some(made), Some(ready), 0) = (made, ready, pods::restarts(&pod)) {
            by_app.entry(pods::text(&pod, "/metadata/labels/app")).or_default().push(ready.saturating_sub(made));
        }
    }
    ensure!(!by_app.is_empty(), "no pod says when it became ready");
    let show = |(app, each): (&String, &Vec<u64>)| format!("{app} {each:?} s");
    Ok(by_app.iter().map(show).collect::<Vec<_>>().join(", ").into())
}

/// Seconds of `2026-11-24T23:12:25Z` since the beginning of its month: all that a difference of minutes needs.
fn seconds(time: &str) -> Option<u64> {
    let (date, clock) = time.trim_end_matches('Z').split_once('T')?;
    let day: u64 = date.rsplit('-').next()?.parse().ok()?;
    let parts: Vec<u64> = clock.split(':').filter_map(|part| part.split('.').next()?.parse().ok()).collect();
    let [hours, minutes, seconds] = parts[..] else { return None };
    Some(((day * 24 + hours) * 60 + minutes) * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_with_their_unit() {
        for (quantity, wanted) in [("1048576", 1.0), ("4096Ki", 4.0), ("39Mi", 39.0), ("1Gi", 1024.0)] {
            assert!((mebibytes(quantity).expect(quantity) - wanted).abs() < 1e-9, "{quantity}");
        }
        mebibytes("12Zi").expect_err("no unit");
        mebibytes("").expect_err("no number");
    }

    #[test]
    fn times_of_one_month_are_subtracted() {
        let at = |time| seconds(time).expect(time);
        assert_eq!(at("2026-11-25T00:00:05Z") - at("2026-11-24T23:59:50Z"), 15);
        assert_eq!(seconds("yesterday"), None);
    }
}
