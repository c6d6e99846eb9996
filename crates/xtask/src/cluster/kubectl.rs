//! `kubectl`, as a person would call it: what works here works by hand.

use std::io::Write;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use super::tools;
use crate::command::{self, exists, program};

/// Fails with what to do when kubectl is missing or too old, or the cluster is not there.
pub fn check() -> anyhow::Result<()> {
    tools::check(tools::of_cluster())?;
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

/// All objects that `kubectl ARGUMENTS -o json` prints: none, one or a list.
pub fn all(arguments: &str) -> anyhow::Result<Vec<Value>> {
    let printed = command::output(&format!("kubectl {arguments} -o json"))?;
    if printed.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut object: Value = serde_json::from_str(&printed)?;
    match object.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => Ok(items),
        _ => Ok(vec![object]),
    }
}

/// How kubectl calls an object: `virtualservice.networking.istio.io/order-service`.
pub fn resource(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let group = text("/apiVersion").split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    format!("{}{group}/{}", text("/kind").to_lowercase(), text("/metadata/name"))
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
    let mut diff = program("kubectl diff --server-side --force-conflicts -f -");
    // What is wrong with an object is said again when it is applied, and of a new namespace it is said for each one.
    let (status, difference) = feed(diff.stderr(Stdio::null()), yaml)?;
    match status.code() {
        Some(0) => return Ok(Vec::new()),
        Some(1) => {}
        // An object in a namespace that is not there yet cannot be compared.
        _ => println!("  not everything can be compared with what is there"),
    }
    let applied = write("", yaml)?;
    let changed = changed(&difference);
    Ok(if changed.is_empty() { applied.lines().map(str::to_owned).collect() } else { changed })
}

/// Owns the fields in YAML beside whoever owns them already, under this name: they stay when the other lets go of them.
pub fn co_own(manager: &str, yaml: &str) -> anyhow::Result<()> {
    // A part of an object lacks what the whole must have, and kubectl would look at the part alone.
    write(&format!(" --validate=false --field-manager {manager}"), yaml).map(drop)
}

fn write(more: &str, yaml: &str) -> anyhow::Result<String> {
    let (status, applied) =
        feed(&mut program(&format!("kubectl apply --server-side --force-conflicts{more} -f -")), yaml)?;
    if status.success() { Ok(applied) } else { bail!("kubectl apply: {status}") }
}

/// Deletes the objects of YAML, and waits until they are gone.
pub fn delete(yaml: &str) -> anyhow::Result<()> {
    let (status, _) = feed(&mut program("kubectl delete --ignore-not-found --timeout 60s -f -"), yaml)?;
    if status.success() { Ok(()) } else { bail!("kubectl delete: {status}") }
}

/// The objects in a difference: kubectl names the compared files after them.
fn changed(difference: &str) -> Vec<String> {
    let file = |line: &str| line.strip_prefix("+++ ")?.split_whitespace().next()?.rsplit('/').next().map(str::to_owned);
    difference.lines().filter_map(file).collect()
}

/// Runs a command with `text` as its input and returns how it ended and what it printed.
fn feed(command: &mut Command, text: &str) -> anyhow::Result<(ExitStatus, String)> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
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
