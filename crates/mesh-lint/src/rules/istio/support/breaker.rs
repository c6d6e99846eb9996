//! What is outlier detection about? The pods of a host or subset, and the share of them that may be ejected.

use super::{NETWORKING, host_of};
use crate::bundle::Bundle;
use crate::model::{Workload, equal_labels};
use crate::object::Object;
use crate::yaml::Node;

/// An `outlierDetection` and the pods that it is about, at the most that there may be.
#[derive(Clone, Debug)]
pub struct Breaker<'a> {
    /// The DestinationRule.
    pub object: &'a Object,
    /// The `outlierDetection`.
    pub node: &'a Node,
    /// The host or subset, for people.
    pub name: String,
    /// How many pods, or how many an autoscaler may make of them; 0 where that is not written.
    pub pods: i64,
    /// The share of them that may be ejected.
    pub percent: i64,
}

/// Each outlier detection of each DestinationRule whose Service and pods the bundle has, a subset at a time.
pub fn breakers(bundle: &Bundle) -> Vec<Breaker<'_>> {
    let mut breakers = Vec::new();
    for object in bundle.of(NETWORKING, "DestinationRule") {
        let Some(service) = host_of(object).and_then(|host| host.service(bundle)) else { continue };
        let workloads = service.workloads(bundle);
        let top = &object["spec"]["trafficPolicy"]["outlierDetection"];
        let subsets = object["spec"]["subsets"].items();
        for subset in subsets {
            let own = &subset["trafficPolicy"]["outlierDetection"];
            let pods = workloads.iter().filter(|it| equal_labels(&subset["labels"], it.labels()));
            let node = if own.exists() { own } else { top };
            let name = format!("subset {}", subset["name"].str());
            breakers.push(Breaker { object, node, name, pods: count(bundle, pods), percent: percent(node) });
        }
        if subsets.is_empty() {
            let name = service.object.name.to_string();
            breakers.push(Breaker {
                object,
                node: top,
                name,
                pods: count(bundle, workloads.iter()),
                percent: percent(top),
            });
        }
    }
    breakers.retain(|breaker| breaker.node.exists());
    breakers
}

fn percent(node: &Node) -> i64 {
    node["maxEjectionPercent"].int().unwrap_or(10)
}

/// How many pods there may be; 0 if any workload leaves that open.
fn count<'a>(bundle: &Bundle, workloads: impl Iterator<Item = &'a Workload<'a>>) -> i64 {
    let each = workloads.map(|workload| workload.most_pods(bundle));
    each.into_iter().try_fold(0_i64, |sum, pods| sum.checked_add(pods?)).unwrap_or(0)
}
