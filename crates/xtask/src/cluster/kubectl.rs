//! `kubectl`, as a person would call it: what works here works by hand.

use std::io::Write;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::command::{self, exists, program};

/// Fails with what to do when kubectl or the cluster is not there.
pub fn check() -> anyhow::Result<()> {
    if !exists("kubectl version --client") {
        bail!("kubectl is missing; see https://kubernetes.io/docs/tasks/tools/");
    }
    if !exists("kubectl get --raw /readyz --request-timeout=5s") {
        bail!("no cluster answers; set KUBECONFIG, or make one, for example with: kind create cluster");
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

/// Applies YAML and returns the objects that were not as it says, for example `apps.v1.Deployment.shop.echo`.
///
/// Server-side, because client-side apply calls a Secret "configured" each time; and with force, because the fields in
/// the files are ours, whoever touched them last.
pub fn apply(yaml: &str) -> anyhow::Result<Vec<String>> {
    let (status, difference) = feed("kubectl diff --server-side --force-conflicts -f -", yaml)?;
    match status.code() {
        Some(0) => return Ok(Vec::new()),
        Some(1) => {}
        // An object in a namespace that is not there yet cannot be compared.
        _ => println!("  not everything can be compared with what is there"),
    }
    let (status, applied) = feed("kubectl apply --server-side --force-conflicts -f -", yaml)?;
    if !status.success() {
        bail!("kubectl apply: {status}");
    }
    let changed = changed(&difference);
    Ok(if changed.is_empty() { applied.lines().map(str::to_owned).collect() } else { changed })
}

/// Deletes the objects of YAML, and waits until they are gone.
pub fn delete(yaml: &str) -> anyhow::Result<()> {
    let (status, _) = feed("kubectl delete --ignore-not-found --timeout 60s -f -", yaml)?;
    if status.success() { Ok(()) } else { bail!("kubectl delete: {status}") }
}

/// The objects in a difference: kubectl names the compared files after them.
fn changed(difference: &str) -> Vec<String> {
    let file = |line: &str| line.strip_prefix("+++ ")?.split_whitespace().next()?.rsplit('/').next().map(str::to_owned);
    difference.lines().filter_map(file).collect()
}

/// Runs a command with `text` as its input and returns how it ended and what it printed.
fn feed(line: &str, text: &str) -> anyhow::Result<(ExitStatus, String)> {
    let mut child = program(line).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("its input is piped")?;
    let text = text.to_owned();
    // Beside the reading: a difference may be larger than a pipe holds.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    let _ = writer.join();
    Ok((output.status, String::from_utf8(output.stdout)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_its_objects() {
        let difference = "diff -u -N /tmp/LIVE-1/v1.Service.shop.echo /tmp/MERGED-2/v1.Service.shop.echo\n\
                          --- /tmp/LIVE-1/v1.Service.shop.echo\t2026\n+++ /tmp/MERGED-2/v1.Service.shop.echo\t2026\n+  a: 1\n";
        assert_eq!(changed(difference), ["v1.Service.shop.echo"]);
    }
}
