//! Has each pod of the shop a sidecar? Where a namespace joins a mesh, the pods from before do not, and nobody says so.

use anyhow::bail;
use serde_json::Value;

use super::{Mesh, NAMESPACE, kubectl};
use crate::command;

/// Makes the pods anew when one has none. Before they are waited for: beside meshed ones they may never become ready.
pub fn renew(mesh: Mesh) -> anyhow::Result<()> {
    let Some(sidecar) = mesh.sidecar() else { return Ok(()) };
    let Some(first) = bare(sidecar)?.into_iter().next() else { return Ok(()) };
    println!("  pod {first} is from before the mesh and has no {sidecar}; all pods are made anew");
    command::run(&format!("kubectl -n {NAMESPACE} rollout restart deployment,statefulset"))
}

/// Fails, naming a pod, when one has none.
pub fn expect(mesh: Mesh) -> anyhow::Result<()> {
    let Some(sidecar) = mesh.sidecar() else { return Ok(()) };
    match bare(sidecar)?.into_iter().next() {
        None => Ok(()),
        Some(pod) => {
            bail!("pod {pod} has no {sidecar}, although it is new; is the injector of {} running?", mesh.name())
        }
    }
}

/// The pods of the shop without this container.
fn bare(sidecar: &str) -> anyhow::Result<Vec<String>> {
    Ok(without(sidecar, &kubectl::items(&format!("-n {NAMESPACE} get pods -l app.kubernetes.io/part-of=shop"))?))
}

/// The pods without this container; those that are going do not count.
fn without(container: &str, pods: &[Value]) -> Vec<String> {
    let has = |pod: &Value| {
        let lists = ["initContainers", "containers"].map(|list| pod["spec"][list].as_array());
        lists.into_iter().flatten().flatten().any(|it| it["name"] == container)
    };
    let staying = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    staying.filter(|pod| !has(pod)).filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_from_before_the_mesh_is_found() {
        let pod = |name: &str, list: &str, container: &str, going: bool| {
            let going = going.then_some("2026-01-01T00:00:00Z");
            json!({"metadata": {"name": name, "deletionTimestamp": going}, "spec": {list: [{"name": container}]}})
        };
        let pods = [
            pod("native", "initContainers", "linkerd-proxy", false),
            pod("beside", "containers", "linkerd-proxy", false),
            pod("old", "containers", "echo", false),
            pod("going", "containers", "echo", true),
        ];
        assert_eq!(without("linkerd-proxy", &pods), ["old"]);
    }
}
