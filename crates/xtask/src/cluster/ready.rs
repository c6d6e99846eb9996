//! Is everything up: says what it waits for, and when it waits in vain, what the cluster says about it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::bail;
use serde_json::Value;

use super::{NAMESPACE, kubectl, stuck};
use crate::command::{output, program};

const ASK_EVERY: Duration = Duration::from_millis(500);

/// Waits until every workload of the namespace runs what was applied, all replicas of it.
pub fn wait(deadline: Duration) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut shown = BTreeMap::new();
    loop {
        let pending = pending()?;
        for (name, state) in pending.iter().filter(|(name, state)| shown.get(*name) != Some(*state)) {
            println!("  {:>4.0} s  waiting for {name}: {state}", started.elapsed().as_secs_f64());
        }
        if pending.is_empty() {
            println!("  {:>4.0} s  everything in namespace {NAMESPACE} is ready", started.elapsed().as_secs_f64());
            return Ok(());
        }
        if started.elapsed() > deadline {
            tell(&pending);
            bail!("not ready after {deadline:?}: {}", pending.into_keys().collect::<Vec<_>>().join(", "));
        }
        stuck::replace()?;
        shown = pending;
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "a command line tool has nothing else to do meanwhile")]
fn pause() {
    std::thread::sleep(ASK_EVERY);
}

/// What is not ready, and how far it is.
fn pending() -> anyhow::Result<BTreeMap<String, String>> {
    let workloads = kubectl::items(&format!("-n {NAMESPACE} get deployments,statefulsets"))?;
    let text = |workload: &Value| workload["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    Ok(workloads.iter().filter_map(|workload| Some((text(workload), progress(workload)?))).collect())
}

/// `None` when a workload runs what was asked for.
fn progress(workload: &Value) -> Option<String> {
    let number = |path: &str| workload.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let wanted = workload.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    let (ready, updated) = (number("/status/readyReplicas"), number("/status/updatedReplicas"));
    let seen = number("/status/observedGeneration") >= number("/metadata/generation");
    let old = number("/status/replicas").saturating_sub(updated);
    if seen && ready >= wanted && updated >= wanted && old == 0 {
        return None;
    }
    Some(format!("{ready} of {wanted} ready, {updated} up to date, {old} old"))
}

/// Events and the last lines of what is not ready.
fn tell(pending: &BTreeMap<String, String>) {
    explain(NAMESPACE);
    // Without an answer of the cluster there are no logs either, and the events have said so.
    let workloads = kubectl::items(&format!("-n {NAMESPACE} get deployments,statefulsets")).unwrap_or_default();
    for workload in
        workloads.iter().filter(|it| it["metadata"]["name"].as_str().is_some_and(|it| pending.contains_key(it)))
    {
        let of = selector(workload);
        let line = format!("kubectl -n {NAMESPACE} logs --tail 20 --all-containers --prefix --ignore-errors -l {of}");
        println!("$ {line}");
        // Logs of a container that never started are an error of kubectl's, and the events say why.
        let _ = program(&line).status();
    }
}

/// What kubectl finds the pods of a workload by.
fn selector(workload: &Value) -> String {
    let labels = workload.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten().filter_map(|(name, value)| Some(format!("{name}={}", value.as_str()?)));
    pairs.collect::<Vec<_>>().join(",")
}

/// Shows the pods of a namespace and its warnings.
pub fn explain(namespace: &str) {
    for line in [
        format!("kubectl -n {namespace} get pods -o wide"),
        format!("kubectl -n {namespace} get events --sort-by=.lastTimestamp --field-selector type=Warning"),
    ] {
        println!("$ {line}");
        println!("{}", output(&line).unwrap_or_else(|error| error.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workload(generation: u64, replicas: u64, ready: u64, updated: u64) -> Value {
        json!({
            "metadata": { "name": "echo", "generation": 2 },
            "spec": { "replicas": 2 },
            "status": {
                "observedGeneration": generation, "replicas": replicas,
                "readyReplicas": ready, "updatedReplicas": updated,
            },
        })
    }

    #[test]
    fn a_workload_is_ready_when_all_replicas_run_what_was_applied() {
        assert_eq!(progress(&workload(2, 2, 2, 2)), None);
        for (name, waiting) in [
            ("not seen yet", workload(1, 2, 2, 2)),
            ("one not ready", workload(2, 2, 1, 2)),
            ("one of the old ones left", workload(2, 3, 2, 2)),
            ("one not replaced", workload(2, 2, 2, 1)),
        ] {
            assert!(progress(&waiting).is_some(), "{name}");
        }
    }

    #[test]
    fn logs_are_those_of_the_pods_that_the_workload_selects() {
        let workload = json!({"spec": {"selector": {"matchLabels": {"app": "echo", "version": "v1"}}}});
        assert_eq!(selector(&workload), "app=echo,version=v1");
    }
}
