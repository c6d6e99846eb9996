//! Who collects metrics has no sidecar and no identity, and is let in all the same: to the counters, and to nothing else.

use std::sync::Arc;

use anyhow::ensure;
use probe::Plan;

use crate::cluster::{
    assertion::{Assertion, Needs},
    callers::{Caller, Callers, Seen},
    context::Cluster,
    measured::Measured,
    mesh::Mesh,
    pods::{self, Pod},
};

/// Of the admin port, and not for a scraper.
const SHUT: [&str; 2] = ["/version", "/faults"];

/// The group.
pub fn all() -> Vec<Assertion> {
    vec![Assertion::new("signals/scrapes", Needs::Nothing, scrapes)]
}

async fn scrapes(cluster: Arc<Cluster>) -> anyhow::Result<Measured> {
    pods::expect_sidecars(cluster.mesh).await?;
    let callers = cluster.callers().await?;
    let pods = pods::ready("app in (api-gateway,user-service,order-service)").await?;
    let (mut read, mut shut) = (0, 0);
    for pod in &pods {
        let admin = pods::admin_port(&pod.app)?;
        for scrape in cluster.mesh.scrapes(admin) {
            let seen = get(callers, pod, scrape.port, scrape.path).await?;
            let found = matches!(&seen, Seen::Answer { status: 200, text, .. } if text.contains(scrape.shows));
            ensure!(
                found,
                "{} at {}{} shows no {}: {}",
                pod.name,
                scrape.port,
                scrape.path,
                scrape.shows,
                short(&seen)
            );
            read += 1;
        }
        // Without a mesh nobody but the network keeps the admin port.
        for path in SHUT.iter().filter(|_| cluster.mesh != Mesh::None) {
            let seen = get(callers, pod, admin, path).await?;
            let open = matches!(seen, Seen::Answer { status, .. } if status != 403);
            ensure!(!open, "{} at {admin}{path} is open to whoever scrapes: {}", pod.name, short(&seen));
            shut += 1;
        }
    }
    Ok(format!("{read} scrapes of {} pods by a pod without a sidecar, {shut} other reads refused", pods.len()).into())
}

async fn get(callers: &Callers, pod: &Pod, port: u16, path: &str) -> anyhow::Result<Seen> {
    callers.get(Caller::Outside, &Plan::new(format!("http://{}:{port}{path}", pod.ip).parse()?)).await
}

/// The first line of an answer, which may be as long as a whole exposition.
fn short(seen: &Seen) -> String {
    match seen {
        Seen::Answer { text, .. } => text.lines().next().unwrap_or_default().to_owned(),
        Seen::Nothing(why) => why.clone(),
    }
}
