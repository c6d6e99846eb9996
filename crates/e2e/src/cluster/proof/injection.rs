//! What the mesh has made of the pods: a sidecar that starts before the process and ends after it, of the size and with the
//! default that the manifests ask for.

use std::{process::Stdio, sync::Arc};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::cluster::{
    assertion::{Assertion, Needs},
    context::Cluster,
    kubectl,
    measured::Measured,
    mesh::{Mesh, root},
    pods::{self, text},
};

/// What one annotates to have a sidecar under Linkerd.
const INJECT: &str = "linkerd.io/inject";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("injection/sidecar", Needs::Mesh, sidecar),
        Assertion::new("injection/plain-manifests", Needs::Only(Mesh::Linkerd), plain_manifests),
    ]
}

/// Every pod of the shop has it, databases too.
async fn sidecar(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let pods = pods::all("app.kubernetes.io/part-of=shop").await?;
    ensure!(!pods.is_empty(), "there are no pods");
    for pod in &pods {
        let name = text(pod, "/metadata/name");
        is_right(cluster.mesh, pod).with_context(|| format!("the sidecar of {name}"))?;
    }
    let name = cluster.mesh.sidecar().context("a mesh has one")?;
    let wanted = wanted(cluster.mesh).iter().map(|(field, value)| format!("{} {value}", field.trim_start_matches('/')));
    let wanted: String = wanted.chain(default_policy(cluster.mesh)).map(|it| format!(", {it}")).collect();
    Ok(format!("{} pods, each with {name} as a native sidecar{wanted}", pods.len()).into())
}

fn is_right(mesh: Mesh, pod: &Value) -> anyhow::Result<()> {
    let name = mesh.sidecar().context("a mesh has one")?;
    let containers = pod.pointer("/spec/initContainers").and_then(Value::as_array);
    let found = containers.into_iter().flatten().find(|container| container["name"] == name);
    let found = found.with_context(|| format!("no {name} among the init containers"))?;
    let policy = &found["restartPolicy"];
    ensure!(policy == "Always", "its restartPolicy is {policy}: it ends before the process begins");
    for (field, wanted) in wanted(mesh) {
        let is = found["resources"].pointer(field).unwrap_or(&Value::Null);
        ensure!(is == wanted, "{field} is {is}, not {wanted:?}");
    }
    match default_policy(mesh) {
        Some(wanted) => {
            let env = found["env"].as_array().into_iter().flatten();
            let mut env = env.filter_map(|it| Some(format!("{}={}", it["name"].as_str()?, it["value"].as_str()?)));
            ensure!(env.any(|it| it == wanted), "{wanted} is not in its environment");
            Ok(())
        }
        None => Ok(()),
    }
}

/// The size that the namespace's annotations ask for. Istio's comes from its installation: that it has one is enough.
fn wanted(mesh: Mesh) -> &'static [(&'static str, &'static str)] {
    match mesh {
        Mesh::Linkerd => &[("/requests/cpu", "50m"), ("/requests/memory", "32Mi"), ("/limits/memory", "250Mi")],
        Mesh::Istio | Mesh::None => &[],
    }
}

/// What the sidecar does with a port that no policy names.
fn default_policy(mesh: Mesh) -> Option<String> {
    (mesh == Mesh::Linkerd).then(|| "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY=deny".to_owned())
}

/// `kubectl kustomize k8s/overlays/kind | linkerd inject - | kubectl apply -f -`, without changing anything.
async fn plain_manifests(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let plain = kubectl::run(&["kustomize", &root().join("k8s/overlays/kind").to_string_lossy()]).await?;
    let injected = inject(&plain).await?;
    kubectl::feed(&["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"], &injected).await?;
    let objects = kubectl::objects(&injected, &[]).await?;
    let annotated = annotated(&objects)?;
    Ok(format!("{} objects are taken, {annotated} pod templates among them ask for a sidecar", objects.len()).into())
}

async fn inject(yaml: &str) -> anyhow::Result<String> {
    let mut command = Command::new("linkerd");
    command.args(["inject", "-"]).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("linkerd is missing; `cargo xtask up linkerd` says how to install it")?;
    let mut stdin = child.stdin.take().context("its input is piped")?;
    let written =
        async { tokio::io::AsyncWriteExt::write_all(&mut stdin, yaml.as_bytes()).await.map(|()| drop(stdin)) };
    let (_, output) = tokio::join!(written, child.wait_with_output());
    let output = output?;
    ensure!(output.status.success(), "linkerd inject: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// How many templates there are. Fails when one of them does not ask.
fn annotated(objects: &[Value]) -> anyhow::Result<usize> {
    let templates = objects.iter().filter_map(|object| Some((object, object.pointer("/spec/template/metadata")?)));
    let templates: Vec<_> = templates.collect();
    ensure!(!templates.is_empty(), "there are no pod templates");
    for (object, metadata) in &templates {
        if metadata["annotations"][INJECT] != "enabled" {
            bail!("{} {} does not ask for a sidecar", object["kind"], object["metadata"]["name"]);
        }
    }
    Ok(templates.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(list: &str, policy: &str, memory: &str, default: &str) -> Value {
        json!({"spec": {list: [{
            "name": "linkerd-proxy", "restartPolicy": policy,
            "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": memory}},
            "env": [{"name": "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY", "value": default}],
        }]}})
    }

    #[test]
    fn a_sidecar_is_native_of_its_size_and_shut() {
        let of = |list, policy, memory, default| is_right(Mesh::Linkerd, &pod(list, policy, memory, default));
        of("initContainers", "Always", "250Mi", "deny").expect("as it should be");
        for (list, policy, memory, default) in [
            ("containers", "Always", "250Mi", "deny"),
            ("initContainers", "OnFailure", "250Mi", "deny"),
            ("initContainers", "Always", "1Gi", "deny"),
            ("initContainers", "Always", "250Mi", "all-unauthenticated"),
        ] {
            of(list, policy, memory, default).expect_err("not as it should be");
        }
    }

    #[test]
    fn each_template_must_ask_for_a_sidecar() {
        let object = |annotations: Value| {
            json!({"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": {
                "metadata": {"annotations": annotations}}}})
        };
        let asks = object(json!({INJECT: "enabled"}));
        assert_eq!(annotated(&[asks.clone(), json!({"kind": "Service", "spec": {}})]).expect("one"), 1);
        annotated(&[asks, object(Value::Null)]).expect_err("one does not");
        annotated(&[]).expect_err("nothing");
    }
}
