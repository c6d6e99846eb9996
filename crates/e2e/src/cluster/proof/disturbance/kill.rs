//! A container that is killed from one moment to the next.
//!
//! The images hold one program and no shell, and a process cannot be killed from inside of its own process namespace. So
//! a privileged pod on the node does it, with the node's own shell. Where that is forbidden, this fails: a deletion would be
//! gentler, because the cluster stops sending requests at the same moment.

use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::cluster::{
    SHOP,
    callers::OUTSIDE,
    context::{Cluster, SETTLE, until},
    images, kubectl,
    load::Report,
    measured::Measured,
    mesh::Mesh,
    pods::{self, Pod},
};

const KILLER: &str = "e2e-killer";

/// Whose container is killed, one after the other. The last one only where somebody in front of it asks another pod: Linkerd
/// repeats what the dead one's sidecar says, but may take the same pod again.
const VICTIMS: [&str; 3] = ["app=user-service", "app=order-service,version=v1", "app=api-gateway"];

/// No read fails; writes that fail are counted, and whatever was acknowledged is there once.
pub async fn kill(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    // The namespace of the callers is where the privileged pod lives, too.
    cluster.callers().await?;
    let victims = if cluster.mesh == Mesh::Linkerd { &VICTIMS[..2] } else { &VICTIMS };
    let report = super::disturbed(&cluster, async {
        for &labels in victims {
            let victim = pods::ready(labels).await?.swap_remove(0);
            end(&cluster, &victim).await?;
            pods_ready(labels).await?;
        }
        Ok(())
    })
    .await?;
    let orders = report.expect_each_order_once(&cluster).await?;
    let (reads, writes) = (Report::bad(&report.reads), Report::bad(&report.writes));
    ensure!(reads == 0, "{reads} reads failed of {}\n{}", report.line(), report.trouble());
    Ok(format!(
        "{}, 0 of {} reads failed, {writes} of {} writes, {orders} acknowledged orders exactly once; {} containers ended by SIGKILL",
        report.line(),
        report.reads.sent,
        report.writes.sent,
        victims.len(),
    )
    .into())
}

/// Waits until both replicas are ready again.
async fn pods_ready(labels: &str) -> anyhow::Result<()> {
    until(SETTLE, "its replacement is ready", || async {
        let all = pods::all(labels).await?;
        let ready = all.iter().filter(|pod| pods::is_ready(pod)).count();
        ensure!(ready == all.len() && ready > 1, "{ready} of {} are ready", all.len());
        Ok(())
    })
    .await
}

/// Ends the container of a pod, and waits until it is started again.
async fn end(cluster: &Cluster, victim: &Pod) -> anyhow::Result<()> {
    let before = restarts(victim).await?;
    sigkill(cluster, victim)
        .await
        .context("no SIGKILL from the node, which a privileged pod in the callers' namespace sends")?;
    until(SETTLE, "the container is started again", || async {
        ensure!(restarts(victim).await? > before, "{} was not restarted", victim.name);
        Ok(())
    })
    .await
}

async fn restarts(pod: &Pod) -> anyhow::Result<u64> {
    Ok(pods::restarts(&kubectl::json(&["-n", SHOP, "get", "pod", &pod.name]).await?))
}

/// Kills every process of the container from outside.
async fn sigkill(cluster: &Cluster, victim: &Pod) -> anyhow::Result<()> {
    kubectl::run(&["-n", OUTSIDE, "delete", "pod", KILLER, "--ignore-not-found", "--now"]).await?;
    let node = kubectl::json(&["get", "node", &victim.node]).await?;
    cluster.changes.apply(&killer(victim, &pods::text(&node, "/status/nodeInfo/architecture")).to_string()).await?;
    until(SETTLE, "the process is killed", || async {
        let pod = kubectl::json(&["-n", OUTSIDE, "get", "pod", KILLER]).await?;
        let phase = pods::text(&pod, "/status/phase");
        ensure!(phase == "Succeeded", "{KILLER} is {phase}");
        Ok(())
    })
    .await?;
    let log = kubectl::run(&["-n", OUTSIDE, "logs", KILLER]).await?;
    ensure!(log.contains("killed"), "no process of the container was found: {log}");
    Ok(())
}

fn killer(victim: &Pod, architecture: &str) -> Value {
    // The loader of dynamic programs has a folder of its own on some processors.
    let folders = if architecture == "amd64" { &["bin", "lib", "lib64", "usr"][..] } else { &["bin", "lib", "usr"] };
    let volume = |name: &&str| json!({"name": name, "hostPath": {"path": format!("/{name}")}});
    let mount = |name: &&str| json!({"name": name, "mountPath": format!("/{name}"), "readOnly": true});
    let script = format!(
        "for p in /proc/[0-9]*; do grep -qs {} $p/cgroup && kill -9 ${{p#/proc/}} && echo killed ${{p#/proc/}}; done; true",
        victim.container_id,
    );
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": KILLER, "namespace": OUTSIDE},
        "spec": {
            "nodeName": victim.node, "hostPID": true, "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": false,
            "containers": [{
                "name": "killer",
                "image": images::reference("probe"),
                "command": ["/bin/sh", "-c", script],
                "securityContext": {"privileged": true, "runAsUser": 0},
                "volumeMounts": folders.iter().map(mount).collect::<Vec<_>>(),
            }],
            "volumes": folders.iter().map(volume).collect::<Vec<_>>(),
        },
    })
}
