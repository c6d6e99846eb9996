//! Under which mesh does the shop of this cluster stand? Two of them spoil each other, so nothing is applied beside another.

use std::collections::BTreeSet;

use anyhow::{bail, ensure};
use serde_json::Value;

use super::{Mesh, NAMESPACE, install, kubectl, sidecars};
use crate::command;

/// What a mesh leaves in a namespace, and how one gets rid of it.
struct Traces {
    mesh: Mesh,
    /// Its kinds are in this group and those below it.
    group: &'static str,
    uninject: &'static str,
}

const TRACES: [Traces; 2] = [
    Traces { mesh: Mesh::Istio, group: "istio.io", uninject: "kubectl label namespace shop istio-injection-" },
    Traces { mesh: Mesh::Linkerd, group: "linkerd.io", uninject: "kubectl annotate namespace shop linkerd.io/inject-" },
];
/// The group of the routes that each mesh reads.
const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// Fails when kubectl, the cluster or the mesh is not there, or when the shop stands under another one or under none.
pub fn check(mesh: Mesh) -> anyhow::Result<()> {
    kubectl::check()?;
    let name = mesh.name();
    ensure!(install::is_there(mesh), "{name} is not in this cluster; `cargo xtask deploy {name}` installs it");
    expect(mesh)?;
    let meshed = mesh.sidecar().is_none() || !with_sidecar(mesh, &pods()?).is_empty();
    ensure!(
        meshed,
        "no pod in namespace {NAMESPACE} has a sidecar of {name}; `cargo xtask deploy {name}` gives them one"
    );
    Ok(())
}

fn pods() -> anyhow::Result<Vec<Value>> {
    kubectl::all(&format!("-n {NAMESPACE} get pods --ignore-not-found"))
}

/// Fails when the shop stands under another mesh, with what there is of it and the commands that remove it.
pub fn expect(mesh: Mesh) -> anyhow::Result<()> {
    let pods = pods()?;
    let kinds = kinds()?;
    let complaints = TRACES.iter().filter(|traces| traces.mesh != mesh).filter_map(|traces| {
        let objects = names(&of_group(&kinds, traces.group));
        objects.map(|objects| traces.complaint(&with_sidecar(traces.mesh, &pods), &objects)).transpose()
    });
    let mut complaints = complaints.collect::<anyhow::Result<Vec<_>>>()?;
    if mesh != Mesh::Linkerd {
        complaints.extend(of_routes(&routes(&of_group(&kinds, GATEWAY_API))?));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!(
        "nothing was applied: namespace {NAMESPACE} holds what does not go with mesh {}\n{}",
        mesh.name(),
        complaints.join("\n")
    )
}

impl Traces {
    fn complaint(&self, pods: &[String], objects: &[String]) -> Option<String> {
        let name = self.mesh.name();
        let mut lines = Vec::new();
        if let Some(first) = objects.first() {
            let kinds: BTreeSet<_> = objects.iter().filter_map(|it| it.split('/').next()).collect();
            let kinds = kinds.into_iter().collect::<Vec<_>>().join(",");
            lines.push(format!("{} objects are {name}'s, {first} among them; remove them with:", objects.len()));
            lines.push(format!("  kubectl -n {NAMESPACE} delete {kinds} --all"));
        }
        if let Some(first) = pods.first() {
            lines.push(format!("{} pods have a sidecar of {name}, {first} among them; remove it with:", pods.len()));
            lines.push(format!("  {}", self.uninject));
            lines.push(format!("  kubectl -n {NAMESPACE} rollout restart deployment,statefulset"));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// Routes of the Gateway API for a Service are another description of what Istio's kinds describe.
fn of_routes(routes: &[String]) -> Option<String> {
    let routes = routes.join(" ");
    (!routes.is_empty()).then(|| {
        format!(
            "routes of the Gateway API decide about calls between services; remove them with:\n  \
             kubectl -n {NAMESPACE} delete {routes}"
        )
    })
}

/// The names of all kinds that something has added to this cluster and that live in namespaces.
fn kinds() -> anyhow::Result<Vec<String>> {
    let columns = "custom-columns=NAME:.metadata.name,SCOPE:.spec.scope";
    let listed = command::output(&format!("kubectl get customresourcedefinitions --no-headers -o {columns}"))?;
    let namespaced = |line: &str| line.split_whitespace().nth(1) == Some("Namespaced");
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    Ok(listed.lines().filter(|line| namespaced(line)).filter_map(name).collect())
}

fn of_group(kinds: &[String], group: &str) -> Vec<String> {
    let is_in = |kind: &&String| kind.strip_suffix(group).is_some_and(|rest| rest.ends_with('.'));
    kinds.iter().filter(is_in).cloned().collect()
}

/// The objects of these kinds, as kubectl takes them.
fn names(kinds: &[String]) -> anyhow::Result<Vec<String>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let listed =
        command::output(&format!("kubectl -n {NAMESPACE} get {} -o name --ignore-not-found", kinds.join(",")))?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// The routes among these kinds whose parent is a Service.
fn routes(kinds: &[String]) -> anyhow::Result<Vec<String>> {
    let kinds: Vec<_> = kinds.iter().filter(|kind| kind.contains("routes.")).map(String::as_str).collect();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let routes = kubectl::all(&format!("-n {NAMESPACE} get {} --ignore-not-found", kinds.join(",")))?;
    Ok(routes.iter().filter(|route| is_for_a_service(route)).map(kubectl::resource).collect())
}

fn is_for_a_service(route: &Value) -> bool {
    route["spec"]["parentRefs"].as_array().into_iter().flatten().any(|parent| parent["kind"] == "Service")
}

fn with_sidecar(mesh: Mesh, pods: &[Value]) -> Vec<String> {
    mesh.sidecar().map(|sidecar| sidecars::by_sidecar(pods, sidecar).0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(name: &str, container: &str) -> Value {
        json!({"metadata": {"name": name}, "spec": {"initContainers": [{"name": container}], "containers": [{"name": "a"}]}})
    }

    #[test]
    fn what_another_mesh_left_comes_with_the_commands_that_remove_it() {
        let [istio, _] = TRACES;
        let mut going = pod("c", "istio-proxy");
        going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        let pods = with_sidecar(istio.mesh, &[pod("a", "istio-proxy"), pod("b", "linkerd-proxy"), going]);
        assert_eq!(pods, ["a"]);
        let objects = ["x.security.istio.io/a", "x.security.istio.io/b", "y.networking.istio.io/a"].map(str::to_owned);
        let said = istio.complaint(&pods, &objects).expect("there is something");
        for part in [
            "3 objects are istio's",
            "kubectl -n shop delete x.security.istio.io,y.networking.istio.io --all",
            "1 pods have a sidecar of istio, a among them",
            "kubectl label namespace shop istio-injection-\n",
            "rollout restart deployment,statefulset",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(istio.complaint(&[], &[]), None);
    }

    #[test]
    fn kinds_belong_to_a_mesh_by_their_group() {
        let kinds = ["servers.policy.linkerd.io", "a.istio.io", "b.notistio.io", "httproutes.policy.linkerd.io"];
        let kinds = kinds.map(str::to_owned);
        assert_eq!(of_group(&kinds, "linkerd.io"), [kinds[0].clone(), kinds[3].clone()]);
        assert_eq!(of_group(&kinds, "istio.io"), [kinds[1].clone()]);
    }

    #[test]
    fn routes_of_an_ingress_are_no_leftover() {
        let route = |kind: &str| json!({"spec": {"parentRefs": [{"kind": kind, "name": "a"}]}});
        assert!(is_for_a_service(&route("Service")) && !is_for_a_service(&route("Gateway")));
        assert_eq!(of_routes(&[]), None);
    }
}
