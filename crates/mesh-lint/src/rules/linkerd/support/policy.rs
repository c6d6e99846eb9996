//! Whom does a Server take, and which policies are about it?

use crate::bundle::Bundle;
use crate::model::{Route, Workload, match_labels};
use crate::object::Object;
use crate::rules::linkerd::support::is_server;
use crate::yaml::Node;

/// The group of Linkerd's kinds for policies.
pub const POLICY: &str = "policy.linkerd.io";

/// A port of some pods, for which policies and routes can be given.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// The object.
    pub object: &'a Object,
}

impl<'a> Server<'a> {
    /// The port, by name or by number.
    #[must_use]
    pub fn port(self) -> &'a Node {
        &self.object["spec"]["port"]
    }

    /// Whether it is about a port of the proxy, which no manifest declares.
    #[must_use]
    pub fn is_of_proxy(self) -> bool {
        matches!(self.port().str(), "linkerd-admin" | "linkerd-proxy" | "4143" | "4190" | "4191")
    }

    /// Whether it asks for a label that only injected pods have.
    #[must_use]
    pub fn wants_injected(self) -> bool {
        let selector = &self.object["spec"]["podSelector"];
        let expressions = selector["matchExpressions"].items().iter().map(|it| it["key"].str());
        selector["matchLabels"]
            .entries()
            .iter()
            .map(|it| &*it.key)
            .chain(expressions)
            .any(|it| it.contains("linkerd.io/"))
    }

    /// The workloads of the bundle whose pods it selects.
    #[must_use]
    pub fn workloads(self, bundle: &'a Bundle) -> Vec<Workload<'a>> {
        bundle.workloads_in(&self.object.namespace).filter(|workload| self.selects(*workload)).collect()
    }

    /// Whether it selects the pods of a workload of its namespace.
    #[must_use]
    pub fn selects(self, workload: Workload<'_>) -> bool {
        let selector = &self.object["spec"]["podSelector"];
        selector.exists() && match_labels(selector, workload.labels())
    }

    /// Whether it lets in whom no policy admits.
    #[must_use]
    pub fn admits_by_itself(self) -> bool {
        !matches!(self.object["spec"]["accessPolicy"].str(), "" | "deny")
    }

    /// The number that its port has in a workload.
    #[must_use]
    pub fn number(self, workload: Workload<'a>) -> Option<i64> {
        self.port().int().or_else(|| declared(workload, self.port().str()))
    }

    /// The routes that are attached to it.
    pub fn routes(self, bundle: &'a Bundle) -> impl Iterator<Item = Route<'a>> {
        let beside = bundle.in_namespace(&self.object.namespace).filter_map(Route::of);
        beside.filter(move |route| route.parents().any(|it| is_server(it) && it.name() == &*self.object.name))
    }
}

/// Each Server.
pub fn servers(bundle: &Bundle) -> impl Iterator<Item = Server<'_>> {
    bundle.of(POLICY, "Server").map(|object| Server { object })
}

/// The number of a named port.
fn declared(workload: Workload<'_>, name: &str) -> Option<i64> {
    workload.ports().filter(|port| port["name"].str() == name).find_map(|port| port["containerPort"].int())
}

/// Whether a reference of a policy means this group, kind and name. Linkerd compares groups and kinds without case.
#[must_use]
pub fn points_at(reference: &Node, group: &str, kind: &str, name: &str) -> bool {
    let written = Some(reference["group"].str()).filter(|it| !it.is_empty()).unwrap_or("core");
    let group = if group.is_empty() { "core" } else { group };
    written.eq_ignore_ascii_case(group)
        && reference["kind"].str().eq_ignore_ascii_case(kind)
        && reference["name"].str() == name
}

/// The AuthorizationPolicies that target one object of a namespace.
pub fn policies_of<'a>(bundle: &'a Bundle, object: &'a Object) -> impl Iterator<Item = &'a Object> {
    let policies = bundle.in_namespace(&object.namespace).filter(|it| it.is(POLICY, "AuthorizationPolicy"));
    policies.filter(|policy| points_at(&policy["spec"]["targetRef"], &object.group, &object.kind, &object.name))
}

/// The AuthorizationPolicies for all Servers of a namespace.
pub fn policies_of_namespace<'a>(bundle: &'a Bundle, namespace: &str) -> impl Iterator<Item = &'a Object> {
    let policies = bundle.in_namespace(namespace).filter(|it| it.is(POLICY, "AuthorizationPolicy"));
    policies.filter(|it| it["spec"]["targetRef"]["kind"].str() == "Namespace")
}
