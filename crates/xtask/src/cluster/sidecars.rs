//! Which pods have a sidecar? Where a namespace joins a mesh, those from before do not, and nobody says so.

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
    let pods = kubectl::items(&format!("-n {NAMESPACE} get pods -l app.kubernetes.io/part-of=shop"))?;
    Ok(by_sidecar(&pods, sidecar).1)
}

/// The names of the pods with this container, and of those without; pods that are going do not count.
pub fn by_sidecar(pods: &[Value], container: &str) -> (Vec<String>, Vec<String>) {
    let has = |pod: &&Value| {
        let lists = ["initContainers", "containers"].map(|list| pod["spec"][list].as_array());
        lists.into_iter().flatten().flatten().any(|it| it["name"] == container)
    };
    let staying = pods.iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
    let (with, without): (Vec<_>, Vec<_>) = staying.partition(has);
    let names = |pods: Vec<&Value>| {
        pods.into_iter().filter_map(|pod| pod["metadata"]["name"].as_str().map(str::to_owned)).collect()
    };
    (names(with), names(without))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pods_with_and_without_a_sidecar_are_told_apart() {
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
        let (with, without) = by_sidecar(&pods, "linkerd-proxy");
        assert_eq!((with, without), (vec!["native".to_owned(), "beside".to_owned()], vec!["old".to_owned()]));
    }
}
