//! What is a Service, and which pods are behind it?

use crate::bundle::Bundle;
use crate::model::{Workload, equal_labels, is_near};
use crate::object::Object;
use crate::yaml::Node;

/// A Service.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// The object.
    pub object: &'a Object,
}

/// A port of a Service.
#[derive(Clone, Copy, Debug)]
pub struct Port<'a> {
    /// The entry of `spec.ports`.
    pub node: &'a Node,
}

impl<'a> Service<'a> {
    /// Its ports.
    pub fn ports(self) -> impl Iterator<Item = Port<'a>> {
        self.object["spec"]["ports"].items().iter().map(|node| Port { node })
    }

    /// Its port with a number.
    #[must_use]
    pub fn port(self, number: i64) -> Option<Port<'a>> {
        self.ports().find(|port| port.number() == Some(number))
    }

    /// Its selector; none for a Service whose endpoints somebody else writes.
    #[must_use]
    pub fn selector(self) -> &'a Node {
        &self.object["spec"]["selector"]
    }

    /// Whether it has no address of its own: callers get those of the pods.
    #[must_use]
    pub fn is_headless(self) -> bool {
        self.object["spec"]["clusterIP"].str() == "None"
    }

    /// Whether it is only an alias of a name.
    #[must_use]
    pub fn is_external_name(self) -> bool {
        self.object["spec"]["type"].str() == "ExternalName"
    }

    /// The workloads of the bundle whose pods it selects.
    #[must_use]
    pub fn workloads(self, bundle: &'a Bundle) -> Vec<Workload<'a>> {
        let namespace = bundle.workloads_in(&self.object.namespace);
        namespace.filter(|workload| equal_labels(self.selector(), workload.labels())).collect()
    }
}

impl<'a> Port<'a> {
    /// Its number.
    #[must_use]
    pub fn number(self) -> Option<i64> {
        self.node["port"].int()
    }

    /// Its name; empty for the only port of a Service.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.node["name"].str()
    }

    /// Whether it is of TCP, as all are that do not say otherwise.
    #[must_use]
    pub fn is_tcp(self) -> bool {
        matches!(self.node["protocol"].text(), None | Some("TCP"))
    }

    /// What it says to be spoken: `appProtocol`, else the name up to its first dash.
    #[must_use]
    pub fn protocol(self) -> Option<&'a str> {
        let named = self.name().split('-').next().filter(|name| !name.is_empty());
        self.node["appProtocol"].text().or(named)
    }

    /// Whether it says to speak HTTP in any form that either mesh knows.
    #[must_use]
    pub fn is_http(self) -> bool {
        self.protocol().is_some_and(|protocol| {
            let known = ["http", "http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"];
            known.iter().any(|it| protocol.eq_ignore_ascii_case(it))
        })
    }

    /// The port of the pod that it leads to, by number or by name.
    #[must_use]
    pub fn target(self) -> &'a Node {
        let target = &self.node["targetPort"];
        if target.is_null() { &self.node["port"] } else { target }
    }
}

impl Bundle {
    /// Each Service.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.of("", "Service").map(|object| Service { object })
    }

    /// The Services of a namespace.
    pub fn services_in<'a>(&'a self, namespace: &str) -> impl Iterator<Item = Service<'a>> + use<'a> {
        self.in_namespace(namespace).filter(|it| it.is("", "Service")).map(|object| Service { object })
    }

    /// The Service with a name.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<Service<'_>> {
        self.named("Service", namespace, name).find(|object| object.group.is_empty()).map(|object| Service { object })
    }

    /// Whether a Service that an object names is missing: it is not there, and either the bundle is all that its namespace
    /// has and others stand beside the object, or another Service has nearly its name. It may be in files that nobody showed.
    #[must_use]
    pub fn lacks_service(&self, object: &Object, namespace: &str, name: &str) -> bool {
        if self.service(namespace, name).is_some() {
            return false;
        }
        // What names no namespace is applied as one.
        let whole = namespace == "default" || self.in_namespace(namespace).any(|it| it.is("", "Namespace"));
        self.services_in(namespace).any(|it| {
            let beside = it.object.source.folder() == object.source.folder();
            whole && beside || is_near(&it.object.name, name)
        })
    }
}
