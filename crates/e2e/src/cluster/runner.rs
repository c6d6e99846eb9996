//! Runs assertions one after the other, prints a line for each, and leaves the cluster as it was.

use std::{fs, future::Future, path::Path, sync::Arc, time::Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::LocalSet,
};

use super::{
    assertion::{Assertion, Needs},
    callers::Callers,
    collector::Collector,
    context::Cluster,
    measured::Measured,
    pods,
};

/// Runs them and says whether all held.
pub async fn run(cluster: Cluster, assertions: Vec<Assertion>, json: Option<&Path>) -> anyhow::Result<bool> {
    let cluster = Arc::new(cluster);
    let (fit, unfit): (Vec<_>, Vec<_>) = assertions.into_iter().partition(|it| it.needs.met_by(cluster.mesh));
    for assertion in &unfit {
        println!("not for --mesh {}: {}", cluster.mesh, assertion.name);
    }
    let mut results = Vec::new();
    let ended = interruptible(each(&cluster, &fit, &mut results)).await;
    let undone = cluster.changes.undo().await;
    if cluster.has_callers() {
        Callers::remove(cluster.mesh).await?;
    }
    if cluster.has_collector() {
        Collector::remove().await?;
    }
    let failed = results.iter().filter(|result| result["ok"] == false).count();
    let passed = results.len() - failed;
    if let Some(path) = json {
        let report = json!({
            "mesh": cluster.mesh.to_string(), "url": cluster.url.to_string(),
            "passed": passed, "failed": failed, "assertions": results,
        });
        fs::write(path, format!("{report:#}\n")).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    println!("{passed} passed, {failed} failed");
    ended.and(undone)?;
    Ok(failed == 0)
}

async fn each(cluster: &Arc<Cluster>, assertions: &[Assertion], results: &mut Vec<Value>) {
    for assertion in assertions {
        let started = Instant::now();
        let judged = judge(cluster, assertion).await;
        let undone = cluster.changes.undo().await;
        let seconds = started.elapsed().as_secs_f64();
        let result = both(judged, undone);
        results.push(tell(&assertion.name, seconds, &result));
    }
}

/// Runs one, after a look at what it cannot do without. A panic in it is its failure.
async fn judge(cluster: &Arc<Cluster>, assertion: &Assertion) -> anyhow::Result<Measured> {
    if assertion.needs != Needs::Nothing {
        pods::expect_sidecars(cluster.mesh).await?;
    }
    let local = LocalSet::new();
    let running = local.spawn_local(assertion.run(cluster.clone()));
    local.run_until(running).await.context("it panicked")?
}

/// What was measured, or all that went wrong.
fn both(judged: anyhow::Result<Measured>, undone: anyhow::Result<()>) -> anyhow::Result<Measured> {
    match (judged, undone) {
        (judged, Ok(())) => judged,
        (Ok(_), Err(undone)) => Err(undone),
        (Err(judged), Err(undone)) => bail!("{judged:#}\n{undone:#}"),
    }
}

fn tell(name: &str, seconds: f64, result: &anyhow::Result<Measured>) -> Value {
    let (ok, line, details) = match result {
        Ok(measured) => (true, measured.line.clone(), measured.details.clone()),
        Err(error) => (false, format!("{error:#}"), String::new()),
    };
    println!("{} {seconds:.1} s  {name}: {}", if ok { "ok" } else { "FAILED" }, line.replace('\n', "\n    "));
    if !details.is_empty() {
        println!("    {}", details.replace('\n', "\n    "));
    }
    json!({"name": name, "ok": ok, "seconds": (seconds * 10.0).round() / 10.0, "line": line, "details": details})
}

/// Runs something until it ends or somebody wants this program to end.
async fn interruptible(running: impl Future<Output = ()>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        () = running => Ok(()),
        _ = terminate.recv() => bail!("interrupted"),
        _ = interrupt.recv() => bail!("interrupted"),
    }
}
