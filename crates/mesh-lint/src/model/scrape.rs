//! Where are metrics collected? At ports that monitors of Prometheus' operator select, and at those that pods name themselves.

use crate::bundle::Bundle;
use crate::model::{Service, Workload, match_labels};
use crate::object::Object;
use crate::yaml::Node;

/// A port of some pods at which metrics are asked for, without a certificate as far as the manifests say.
#[derive(Clone, Copy, Debug)]
pub struct Scrape<'a> {
    /// The monitor or the workload that says so.
    pub object: &'a Object,
    /// Where it says which port.
    pub node: &'a Node,
    /// Whose port it is.
    pub workload: Workload<'a>,
    /// Its number.
    pub port: i64,
    /// The path that is asked for.
    pub path: &'a str,
}

impl Scrape<'_> {
    /// Whether pods say so by their annotations, which a mesh may rewrite when it injects.
    #[must_use]
    pub fn is_annotated(self) -> bool {
        std::ptr::eq(self.object, self.workload.object)
    }
}

impl Bundle {
    /// Each port at which metrics are collected, a workload at a time.
    #[must_use]
    pub fn scrapes(&self) -> Vec<Scrape<'_>> {
        let group = "monitoring.coreos.com";
        let pods = self.of(group, "PodMonitor").flat_map(|it| of_pods(self, it));
        let services = self.of(group, "ServiceMonitor").flat_map(|it| of_services(self, it));
        pods.chain(services).chain(self.workloads().filter_map(annotated)).collect()
    }
}

fn annotated(workload: Workload<'_>) -> Option<Scrape<'_>> {
    let annotations = workload.annotations();
    let node = &annotations["prometheus.io/port"];
    let asked = annotations["prometheus.io/scrape"].str() == "true";
    // Pods that list ports, and not this one, have a mistake of another kind.
    let listens = workload.port(node).is_some() || workload.ports().next().is_none();
    let path = annotations["prometheus.io/path"].text().unwrap_or("/metrics");
    Some(Scrape { object: workload.object, node, workload, port: node.int().filter(|_| asked && listens)?, path })
}

fn of_pods<'a>(bundle: &'a Bundle, monitor: &'a Object) -> Vec<Scrape<'a>> {
    let workloads = namespaces(monitor).into_iter().flat_map(|it| bundle.workloads_in(it));
    let workloads = workloads.filter(|it| match_labels(&monitor["spec"]["selector"], it.labels()));
    let endpoints = || endpoints(monitor, "podMetricsEndpoints");
    let scrape = |workload: Workload<'a>, (endpoint, node, path): Endpoint<'a>| {
        let number = endpoint["portNumber"].int().or_else(|| workload.port(node)?["containerPort"].int())?;
        Some(Scrape { object: monitor, node, workload, port: number, path })
    };
    workloads.flat_map(|workload| endpoints().filter_map(move |it| scrape(workload, it))).collect()
}

fn of_services<'a>(bundle: &'a Bundle, monitor: &'a Object) -> Vec<Scrape<'a>> {
    let namespaces = namespaces(monitor);
    let services = namespaces.into_iter().flat_map(|it| bundle.services_in(it));
    let services = services.filter(|it| match_labels(&monitor["spec"]["selector"], &it.object["metadata"]["labels"]));
    let scrape = |service: Service<'a>, workload: Workload<'a>, (_, node, path): Endpoint<'a>| {
        let named = service.ports().find(|port| port.name() == node.str()).map(|port| port.target());
        let port = workload.port(named.unwrap_or(node))?["containerPort"].int()?;
        Some(Scrape { object: monitor, node, workload, port, path })
    };
    let pairs = services.flat_map(|service| service.workloads(bundle).into_iter().map(move |it| (service, it)));
    pairs
        .flat_map(|(service, it)| endpoints(monitor, "endpoints").filter_map(move |point| scrape(service, it, point)))
        .collect()
}

/// An endpoint of a monitor, where it says which port, and the path.
type Endpoint<'a> = (&'a Node, &'a Node, &'a str);

/// The endpoints that are asked in plaintext.
fn endpoints<'a>(monitor: &'a Object, list: &str) -> impl Iterator<Item = Endpoint<'a>> {
    let plain = monitor["spec"][list].items().iter().filter(|it| !it["tlsConfig"].exists());
    plain.map(|it| {
        let port = ["port", "portNumber"].iter().map(|key| &it[key]).find(|node| node.exists());
        (it, port.unwrap_or(&it["targetPort"]), it["path"].text().unwrap_or("/metrics"))
    })
}

/// The namespaces of what it selects: its own, unless it lists others. One that takes all knows more than is shown.
fn namespaces(monitor: &Object) -> Vec<&str> {
    let selector = &monitor["spec"]["namespaceSelector"];
    match selector["matchNames"].items() {
        [] if selector["any"].str() == "true" => Vec::new(),
        [] => vec![&monitor.namespace],
        names => names.iter().map(Node::str).collect(),
    }
}
