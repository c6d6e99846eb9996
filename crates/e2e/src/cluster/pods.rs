//! The pods of the shop.

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{SHOP, kubectl, mesh::Mesh};

/// A pod that is ready to serve.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pod {
    /// Its name.
    pub name: String,
    /// The workload that it belongs to, by its label `app`.
    pub app: String,
    /// Its label `version`.
    pub version: String,
    /// Where it runs.
    pub node: String,
    /// Its address.
    pub ip: String,
    /// The container of the workload, as the container runtime calls it.
    pub container_id: String,
}

impl Pod {
    /// Whether it does not exist any more.
    pub async fn is_gone(&self) -> anyhow::Result<bool> {
        let text = kubectl::run(&["-n", SHOP, "get", "pod", &self.name, "--ignore-not-found", "-o", "name"]).await?;
        Ok(text.trim().is_empty())
    }

    /// What `x-served-by` says about it.
    pub fn hop(&self) -> String {
        format!("{}/{}/{}", self.app, self.version, self.name)
    }
}

/// The pods with these labels that are ready and not about to end.
pub async fn ready(labels: &str) -> anyhow::Result<Vec<Pod>> {
    let pods: Vec<Pod> = all(labels).await?.iter().filter(|pod| is_ready(pod)).map(read).collect();
    ensure!(!pods.is_empty(), "no pod with {labels} is ready");
    Ok(pods)
}

/// The pods with these labels, ready or not, that are not about to end.
pub async fn all(labels: &str) -> anyhow::Result<Vec<Value>> {
    let mut pods = kubectl::items(&["-n", SHOP, "get", "pods", "-l", labels]).await?;
    pods.retain(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    Ok(pods)
}

/// Waits until a Deployment runs what was asked for.
pub async fn rolled_out(deployment: &str) -> anyhow::Result<()> {
    let name = format!("deployment/{deployment}");
    kubectl::run(&["-n", SHOP, "rollout", "status", &name, "--timeout=110s"]).await.map(drop)
}

/// The Deployments of the shop.
pub async fn deployments() -> anyhow::Result<Vec<String>> {
    let items = kubectl::items(&["-n", SHOP, "get", "deployments"]).await?;
    Ok(items.iter().map(|item| text(item, "/metadata/name")).collect())
}

/// Fails when a pod of the shop is not part of the mesh, naming it.
pub async fn expect_sidecars(mesh: Mesh) -> anyhow::Result<()> {
    let Some(sidecar) = mesh.sidecar() else { return Ok(()) };
    let pods = all("app.kubernetes.io/part-of=shop").await?;
    ensure!(!pods.is_empty(), "there are no pods in namespace {SHOP}");
    match pods.iter().find(|pod| !containers(pod).any(|container| container["name"] == sidecar)) {
        Some(pod) => bail!("the sidecar {sidecar} is missing in pod {}", text(pod, "/metadata/name")),
        None => Ok(()),
    }
}

/// The containers of a pod that go on running: a sidecar may be among either kind.
pub fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["/spec/containers", "/spec/initContainers"];
    let all = lists.into_iter().filter_map(|list| pod.pointer(list)?.as_array()).flatten();
    all.filter(|container| container["restartPolicy"].is_null() || container["restartPolicy"] == "Always")
}

/// Whether a pod says so.
pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// How often the containers of a pod were started again.
pub fn restarts(pod: &Value) -> u64 {
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    statuses.into_iter().flatten().filter_map(|status| status["restartCount"].as_u64()).sum()
}

/// A field as text; empty when there is none.
pub fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read(pod: &Value) -> Pod {
    let app = text(pod, "/metadata/labels/app");
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    let own = statuses.into_iter().flatten().find(|status| status["name"] == app.as_str());
    let id = own.map(|status| text(status, "/containerID")).unwrap_or_default();
    Pod {
        name: text(pod, "/metadata/name"),
        version: text(pod, "/metadata/labels/version"),
        node: text(pod, "/spec/nodeName"),
        ip: text(pod, "/status/podIP"),
        container_id: id.rsplit('/').next().unwrap_or_default().to_owned(),
        app,
    }
}

/// The admin port of a workload of the shop.
pub fn admin_port(app: &str) -> anyhow::Result<u16> {
    let ports = [("api-gateway", 9080), ("user-service", 9081), ("order-service", 9082)];
    let found = ports.iter().find(|(name, _)| *name == app);
    found.map(|(_, port)| *port).with_context(|| format!("{app} has no admin port"))
}
