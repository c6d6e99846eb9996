//! Questions about the objects of a bundle: which pods a selector means, which ports they have, which Service a host is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::bundle::Bundle;

/// The namespace of everything that is ours.
const NAMESPACE: &str = "shop";

/// Labels.
pub type Labels = BTreeMap<String, String>;

/// What pods are made from.
#[derive(Clone, Debug)]
pub struct Workload<'a> {
    /// `Deployment/x`.
    pub name: String,
    /// The labels of its pods.
    pub labels: Labels,
    /// The pod that it makes.
    pub pod: &'a Value,
}

impl Bundle {
    /// The objects of a kind that are in the namespace of the shop, or say nothing about it, each with its place.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let ours = |object: &Value| object["metadata"]["namespace"].as_str().is_none_or(|name| name == NAMESPACE);
        let found = self.objects.iter().filter(move |(_, object)| object["kind"] == kind && ours(object));
        found.map(|(place, object)| (place.as_str(), object))
    }

    /// The Deployments and StatefulSets.
    pub fn workloads(&self) -> Vec<Workload<'_>> {
        let all = self.of("Deployment").chain(self.of("StatefulSet"));
        all.map(|(_, object)| Workload {
            name: label(object),
            labels: labels(&object["spec"]["template"]["metadata"]["labels"]),
            pod: &object["spec"]["template"]["spec"],
        })
        .collect()
    }

    /// The workloads whose pods have all of these labels.
    pub fn selected(&self, selector: &Labels) -> Vec<Workload<'_>> {
        let mut workloads = self.workloads();
        workloads.retain(|workload| selector.iter().all(|(name, value)| workload.labels.get(name) == Some(value)));
        workloads
    }

    /// The Service of the shop that a host names, or `None`: `x`, `x.shop` or `x.shop.svc.cluster.local`.
    pub fn service(&self, host: &str) -> Option<&Value> {
        let (name, rest) = host.split_once('.').unwrap_or((host, NAMESPACE));
        let here = rest == NAMESPACE || rest.starts_with("shop.svc");
        self.of("Service").map(|(_, object)| object).find(|object| here && object["metadata"]["name"] == name)
    }

    /// Whether there is an object of this kind and name.
    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.of(kind).any(|(_, object)| object["metadata"]["name"] == name)
    }
}

impl Workload<'_> {
    /// Its containers that go on running.
    pub fn containers(&self) -> impl Iterator<Item = &Value> {
        list(&self.pod["containers"])
    }

    /// Whether a container has this port, by name or by number.
    pub fn has_port(&self, port: &Value) -> bool {
        self.containers().any(|container| container_has_port(container, port))
    }
}

/// Whether the container declares this port, by name or by number.
pub fn container_has_port(container: &Value, port: &Value) -> bool {
    list(&container["ports"]).any(|declared| declared["name"] == *port || declared["containerPort"] == *port)
}

/// Whether a Service has this port, by name or by number.
pub fn service_has_port(service: &Value, port: &Value) -> bool {
    list(&service["spec"]["ports"]).any(|declared| declared["name"] == *port || declared["port"] == *port)
}

/// `Kind/name`.
pub fn label(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// A map of strings; empty for anything else.
pub fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// The items of a list; none for anything else.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// All values under this name, however deep.
pub fn every<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(field, value)| {
            if field == name {
                found.push(value);
            }
            every(value, name, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| every(item, name, found)),
        _ => {}
    }
}
