//! Time to end, room to move, and how many pods may be away at a time.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{OURS, own};
use crate::cluster::{
    SHOP,
    context::{Cluster, until},
    kubectl,
    measured::Measured,
    pods::{self, text},
};

const SERVICES: [&str; 3] = ["api-gateway", "user-service", "order-service"];
/// For the last spans, after the last answer.
const AFTERWARDS_MS: u64 = 5000;
/// The controllers look at a change at once, but not at the same moment.
const SOON: Duration = Duration::from_secs(10);

/// The kubelet waits longer than a process needs to end.
pub async fn drain(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut shown = Vec::new();
    for service in SERVICES {
        for deployment in deployments(service).await? {
            let (name, pod) = (text(&deployment, "/metadata/name"), &deployment["spec"]["template"]);
            let container = own(pod)?;
            let (delay, timeout) = (number(container, "DRAIN_DELAY_MS")?, number(container, "DRAIN_TIMEOUT_MS")?);
            let grace = pod["spec"]["terminationGracePeriodSeconds"].as_u64().context("it has a grace period")?;
            let needed = delay + timeout + AFTERWARDS_MS;
            ensure!(delay > 0, "{name} takes leave before anybody knows");
            ensure!(grace * 1000 > needed, "{name} is killed after {grace} s and may need {needed} ms");
            shown.push(format!("{name} {grace} s for {:.0} s", needed as f64 / 1000.0));
        }
    }
    Ok(shown.join(", ").into())
}

fn number(container: &Value, name: &str) -> anyhow::Result<u64> {
    let variables = container["env"].as_array().into_iter().flatten();
    let value = variables.filter(|it| it["name"] == name).find_map(|it| it["value"].as_str()?.parse().ok());
    value.with_context(|| format!("{} has no {name}", container["name"]))
}

/// Whoever empties a node may take one pod of each service, and the cluster has counted all of them.
pub async fn budgets(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    until(SOON, "the budgets are counted", || async {
        let budgets = kubectl::items(&["-n", SHOP, "get", "poddisruptionbudgets"]).await?;
        let mut shown = Vec::new();
        for service in SERVICES {
            let budget = budgets.iter().find(|it| it["metadata"]["name"] == service);
            let status = &budget.with_context(|| format!("{service} has no budget"))?["status"];
            let pods = pods::all(&format!("app={service}")).await?.len();
            ensure!(status["expectedPods"] == pods, "{service} has {pods} pods, its budget counts {status}");
            ensure!(status["disruptionsAllowed"] == 1, "{service}: not one pod at a time may go: {status}");
            shown.push(format!("{service} 1 of {pods}"));
        }
        Ok(format!("{} may be away", shown.join(", ")).into())
    })
    .await
}

/// Replicas go to different nodes where there are some, and a roll-out takes none away before another one is there.
pub async fn spread(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut names = Vec::new();
    for service in SERVICES {
        for deployment in deployments(service).await? {
            let name = text(&deployment, "/metadata/name");
            let constraints = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"].as_array();
            let by_node = constraints.into_iter().flatten().any(|it| {
                it["topologyKey"] == "kubernetes.io/hostname" && it["labelSelector"]["matchLabels"]["app"] == service
            });
            ensure!(by_node, "all pods of {name} may be on one node of many");
            let away = &deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
            ensure!(*away == 0, "a roll-out of {name} may take {away} pods away first");
            names.push(name);
        }
    }
    Ok(format!("{}: over nodes, and none away during a roll-out", names.join(", ")).into())
}

/// All pods twice, as while they are renewed, are less than what the nodes have.
pub async fn room(_: Arc<Cluster>) -> anyhow::Result<Measured> {
    let mut wanted = 0.0;
    for deployment in kubectl::items(&["-n", SHOP, "get", "deployments", "-l", OURS]).await? {
        let replicas = deployment["spec"]["replicas"].as_f64().unwrap_or(1.0);
        let cpu = text(own(&deployment["spec"]["template"])?, "/resources/requests/cpu");
        wanted += 2.0 * replicas * cores(&cpu).with_context(|| cpu)?;
    }
    let nodes = kubectl::items(&["get", "nodes"]).await?;
    let there: f64 = nodes.iter().filter_map(|node| cores(&text(node, "/status/allocatable/cpu"))).sum();
    // The rest is for sidecars, databases and the cluster itself.
    ensure!(wanted < there / 4.0, "the services request {wanted:.2} cores while they are renewed, of {there:.0}");
    Ok(format!("{wanted:.2} of {there:.0} cores requested while all services are renewed").into())
}

/// A quantity such as `10m` or `2`.
fn cores(quantity: &str) -> Option<f64> {
    match quantity.strip_suffix('m') {
        Some(thousandths) => Some(thousandths.parse::<f64>().ok()? / 1000.0),
        None => quantity.parse().ok(),
    }
}

async fn deployments(service: &str) -> anyhow::Result<Vec<Value>> {
    let found = kubectl::items(&["-n", SHOP, "get", "deployments", "-l", &format!("app={service}")]).await?;
    ensure!(!found.is_empty(), "{service} has no Deployment");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_quantities_are_read_with_their_unit() {
        assert_eq!((cores("10m"), cores("2"), cores("x")), (Some(0.01), Some(2.0), None));
    }
}
