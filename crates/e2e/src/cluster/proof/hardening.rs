//! Pods can do little, cost what was agreed, and may be moved: asked of the pods as they run, not of the files.

mod bounds;

use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::cluster::{
    SHOP,
    admin::Forward,
    assertion::{Assertion, Needs},
    callers::objects,
    context::Cluster,
    kubectl,
    measured::Measured,
    pods::{self, text},
};

/// Labels of everything that is ours.
pub const OURS: &str = "app.kubernetes.io/part-of=shop";
/// Where a token for the cluster's API would be.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![
        Assertion::new("hardening/containers", Needs::Nothing, containers),
        Assertion::new("hardening/no-shell", Needs::Nothing, no_shell),
        Assertion::new("hardening/accounts", Needs::Nothing, accounts),
        Assertion::new("hardening/probes", Needs::Nothing, probes),
        Assertion::new("hardening/namespace", Needs::Nothing, namespace),
        Assertion::new("hardening/drain", Needs::Nothing, bounds::drain),
        Assertion::new("hardening/budgets", Needs::Nothing, bounds::budgets),
        Assertion::new("hardening/spread", Needs::Nothing, bounds::spread),
        Assertion::new("hardening/room", Needs::Nothing, bounds::room),
    ]
}

/// The container of a pod that is ours, not the mesh's.
pub fn own(pod: &Value) -> anyhow::Result<&Value> {
    let app = text(pod, "/metadata/labels/app");
    let mut all = pods::containers(pod);
    all.find(|it| it["name"] == app.as_str() || it["name"] == "postgres")
        .with_context(|| format!("{} has no container of ours", text(pod, "/metadata/name")))
}

/// No root, no new rights, nothing to write to, and bounds for memory and processor.
async fn containers(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let pods = pods::all(OURS).await?;
    for pod in &pods {
        let (name, container) = (text(pod, "/metadata/name"), own(pod)?);
        let rules = [
            ("/securityContext/readOnlyRootFilesystem", json!(true)),
            ("/securityContext/allowPrivilegeEscalation", json!(false)),
            ("/securityContext/capabilities/drop", json!(["ALL"])),
        ];
        for (pointer, wanted) in rules {
            ensure!(container.pointer(pointer) == Some(&wanted), "{name}: {pointer} is not {wanted}");
        }
        let settings = &pod["spec"]["securityContext"];
        ensure!(settings["runAsNonRoot"] == true && settings["runAsUser"] != 0, "{name} may run as root");
        ensure!(settings["seccompProfile"]["type"] == "RuntimeDefault", "{name} may make any system call");
        for bound in ["requests", "limits"] {
            for of in ["cpu", "memory"] {
                ensure!(container["resources"][bound][of].is_string(), "{name} has no {of} in its {bound}");
            }
        }
    }
    Ok(format!("{} pods: not root, nothing to write to, no capability, requests and limits", pods.len()).into())
}

/// Whoever may run a command in a pod of a service finds none to run.
async fn no_shell(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut tried = 0;
    for service in ["api-gateway", "user-service", "order-service"] {
        let pod = pods::ready(&format!("app={service}")).await?.remove(0);
        for program in ["/bin/sh", "sh", "/bin/ls"] {
            let output = kubectl::output(&["-n", SHOP, "exec", &pod.name, "-c", service, "--", program]).await?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            ensure!(!output.status.success(), "{program} runs in {}", pod.name);
            ensure!(said.contains("no such file") || said.contains("not found"), "{program} in {}: {said}", pod.name);
            tried += 1;
        }
    }
    Ok(format!("{tried} programs tried, none is there").into())
}

/// Each workload is somebody of its own, and holds no key to the cluster's API.
async fn accounts(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let accounts = kubectl::items(&["-n", SHOP, "get", "serviceaccounts"]).await?;
    let pods = pods::all(OURS).await?;
    for pod in &pods {
        let (name, app) = (text(pod, "/metadata/name"), text(pod, "/metadata/labels/app"));
        let account = text(pod, "/spec/serviceAccountName");
        ensure!(account == app, "{name} runs as {account}, not as {app}");
        let found = accounts.iter().find(|it| it["metadata"]["name"] == app.as_str());
        let found = found.with_context(|| format!("there is no ServiceAccount {app}"))?;
        ensure!(found["automountServiceAccountToken"] == false, "whoever runs as {app} gets a token");
        let mounts = own(pod)?["volumeMounts"].as_array();
        let token = mounts.into_iter().flatten().find(|mount| mount["mountPath"] == TOKEN);
        ensure!(token.is_none(), "{name} has a token for the cluster's API");
    }
    Ok(format!("{} pods, each with the account of its workload, none with a token", pods.len()).into())
}

/// The kubelet asks the admin port, and what it asks there is answered.
async fn probes(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut asked = 0;
    for service in ["api-gateway", "user-service", "order-service"] {
        for pod in pods::all(&format!("app={service}")).await? {
            let (name, container) = (text(&pod, "/metadata/name"), own(&pod)?);
            for (probe, path) in
                [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")]
            {
                // A mesh may ask in the kubelet's place, at a port of its own, and notes there what it was told to ask.
                let ask = &container[probe]["httpGet"];
                ensure!(ask.is_object(), "{name} has no {probe}");
                let original = ask["port"] == "admin" && ask["path"] == path;
                let taken = ask["path"].as_str().is_some_and(|path| path.starts_with("/app-health/"));
                ensure!(original || (taken && notes(&pod, path)), "{name}: {probe} asks {ask}, not {path} of admin");
            }
        }
        let pod = pods::ready(&format!("app={service}")).await?.remove(0);
        let forward = Forward::admin(&pod).await?;
        for path in ["/livez", "/readyz"] {
            forward.get(path).await.with_context(|| format!("{} {path}", pod.name))?;
            asked += 1;
        }
    }
    Ok(format!("each pod is asked for /livez and /readyz at its admin port; {asked} answers are 200").into())
}

/// Whether a container of the mesh was told to ask for this path.
fn notes(pod: &Value, path: &str) -> bool {
    let told = |container: &Value| {
        let variables = container["env"].as_array().into_iter().flatten();
        variables.filter_map(|it| it["value"].as_str()).any(|value| value.contains(&format!("\"path\":\"{path}\"")))
    };
    pods::containers(pod).any(told)
}

/// A pod that wants to be root is refused; where a mesh needs more than the profile allows, whoever makes one is told.
async fn namespace(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut pod = objects::pod("e2e-root", SHOP, "default", &["idle"]);
    pod["spec"]["securityContext"] = json!({"runAsUser": 0});
    pod["spec"]["containers"][0]["securityContext"] = json!({"privileged": true});
    let output = kubectl::feed_for_output(&["create", "--dry-run=server", "-f", "-"], &pod.to_string()).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let refused = !output.status.success();
    let strict = said.contains("PodSecurity \"restricted");
    ensure!(strict, "the strictest profile does not judge a privileged pod: {said}");
    ensure!(refused || cluster.mesh.sidecar().is_some(), "a privileged pod is taken: {said}");
    Ok(format!("a privileged pod is {}", if refused { "refused" } else { "warned about" }).into())
}
