//! `kubectl`, as a person would call it: what works here works by hand.

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::command::{self, exists, program};

/// Fails with what to do when kubectl or the cluster is not there.
pub fn check() -> anyhow::Result<()> {
    if !exists("kubectl version --client") {
        bail!("kubectl is missing; see https://kubernetes.io/docs/tasks/tools/");
    }
    if !exists("kubectl get --raw /readyz --request-timeout=5s") {
        bail!("no cluster answers; set KUBECONFIG, or make one: kind create cluster --config k8s/kind.yaml");
    }
    Ok(())
}

/// What `kubectl ARGUMENTS -o json` prints.
pub fn json(arguments: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&command::output(&format!("kubectl {arguments} -o json"))?)?)
}

/// The items of a list.
pub fn items(arguments: &str) -> anyhow::Result<Vec<Value>> {
    Ok(json(arguments)?["items"].as_array().cloned().unwrap_or_default())
}

/// A kustomization as YAML.
pub fn render(kustomization: &str) -> anyhow::Result<String> {
    command::output(&format!("kubectl kustomize {kustomization}"))
}

/// Applies YAML and returns a line an object, for example `service/echo unchanged`.
pub fn apply(yaml: &str) -> anyhow::Result<Vec<String>> {
    let mut kubectl = program("kubectl apply -f -").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    kubectl.stdin.take().context("its input is piped")?.write_all(yaml.as_bytes())?;
    let output = kubectl.wait_with_output()?;
    if !output.status.success() {
        bail!("kubectl apply: {}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}
