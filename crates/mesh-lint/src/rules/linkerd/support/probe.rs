//! Which paths are asked for from outside of the mesh, on which ports, and does a route take them?

use crate::model::Workload;
use crate::yaml::Node;

/// An HTTP probe of a container.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// The number of the port.
    pub port: i64,
    /// The path without a query.
    pub path: &'a str,
}

/// Each HTTP probe of a workload's pods.
#[must_use]
pub fn probes(workload: Workload<'_>) -> Vec<Probe<'_>> {
    let kinds = ["livenessProbe", "readinessProbe", "startupProbe"];
    let all = workload.containers().flat_map(|container| kinds.map(|kind| (container, &container[kind]["httpGet"])));
    all.filter(|(_, probe)| probe.exists()).filter_map(|(container, probe)| read(container, probe)).collect()
}

fn read<'a>(container: &'a Node, probe: &'a Node) -> Option<Probe<'a>> {
    let port = &probe["port"];
    let named = || container["ports"].items().iter().find(|it| it["name"].str() == port.str())?["containerPort"].int();
    let path = probe["path"].text().unwrap_or("/");
    Some(Probe { port: port.int().or_else(named)?, path: path.split('?').next().unwrap_or(path) })
}

/// Whether a rule takes a GET of this path. What cannot be told offline is let pass.
#[must_use]
pub fn takes_get(rule: &Node, path: &str) -> bool {
    let conditions = rule["matches"].items();
    conditions.is_empty()
        || conditions.iter().any(|condition| {
            let (kind, value) = (condition["path"]["type"].str(), condition["path"]["value"].text().unwrap_or("/"));
            let fits = match kind {
                "Exact" => value == path,
                "RegularExpression" => true,
                _ => path
                    .strip_prefix(value.trim_end_matches('/'))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            };
            fits && matches!(condition["method"].str(), "" | "GET")
        })
}
