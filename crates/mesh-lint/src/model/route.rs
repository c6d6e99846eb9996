//! What does a route of the Gateway API say? HTTPRoute and GRPCRoute, of the Gateway API's group or of Linkerd's.

use std::collections::BTreeSet;

use crate::bundle::Bundle;
use crate::model::Service;
use crate::object::Object;
use crate::yaml::Node;

/// The group of the Gateway API.
pub const GATEWAY_API: &str = "gateway.networking.k8s.io";
/// Linkerd's group, whose HTTPRoute is an older twin.
const LINKERD: &str = "policy.linkerd.io";
/// The kinds of routes.
const KINDS: [(&str, &str); 3] = [(GATEWAY_API, "HTTPRoute"), (GATEWAY_API, "GRPCRoute"), (LINKERD, "HTTPRoute")];

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The object.
    pub object: &'a Object,
}

/// What a route is attached to.
#[derive(Clone, Copy, Debug)]
pub struct Parent<'a> {
    /// The route.
    pub route: Route<'a>,
    /// The entry of `parentRefs`.
    pub node: &'a Node,
}

/// One of a route's rules.
#[derive(Clone, Copy, Debug)]
pub struct RouteRule<'a> {
    /// The route.
    pub route: Route<'a>,
    /// The entry of `rules`.
    pub node: &'a Node,
}

/// Where a rule sends requests.
#[derive(Clone, Copy, Debug)]
pub struct Backend<'a> {
    /// The route.
    pub route: Route<'a>,
    /// The entry of `backendRefs`.
    pub node: &'a Node,
}

impl<'a> Route<'a> {
    /// The object as a route, if it is one.
    #[must_use]
    pub fn of(object: &'a Object) -> Option<Self> {
        KINDS.iter().any(|(group, kind)| object.is(group, kind)).then_some(Self { object })
    }

    /// Namespace and name of each Service that it is attached to or leads to, once each.
    pub(crate) fn services(self) -> BTreeSet<(Box<str>, Box<str>)> {
        let parents = self.parents().filter(|it| it.is_service()).map(|it| (it.namespace(), it.name()));
        let backends = self.rules().flat_map(RouteRule::backends).filter(|it| it.is_service());
        let named = parents.chain(backends.map(|it| (it.namespace(), it.name())));
        named.map(|(namespace, name)| (namespace.into(), name.into())).collect()
    }

    /// What it is attached to.
    pub fn parents(self) -> impl Iterator<Item = Parent<'a>> {
        self.object["spec"]["parentRefs"].items().iter().map(move |node| Parent { route: self, node })
    }

    /// Its rules.
    pub fn rules(self) -> impl Iterator<Item = RouteRule<'a>> {
        self.object["spec"]["rules"].items().iter().map(move |node| RouteRule { route: self, node })
    }

    /// Whether a Service is its parent, so that sidecars of callers obey it.
    #[must_use]
    pub fn is_for_services(self) -> bool {
        self.parents().any(Parent::is_service)
    }
}

impl<'a> Parent<'a> {
    /// The kind; a Gateway unless it says otherwise.
    #[must_use]
    pub fn kind(self) -> &'a str {
        self.node["kind"].text().unwrap_or("Gateway")
    }

    /// The group; that of the Gateway API unless it says otherwise, be it by an empty text.
    #[must_use]
    pub fn group(self) -> &'a str {
        let group = &self.node["group"];
        if group.exists() { group.str() } else { GATEWAY_API }
    }

    /// Whether it is a Service, with the group that makes it one.
    #[must_use]
    pub fn is_service(self) -> bool {
        self.kind() == "Service" && matches!(self.group(), "" | "core")
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.node["name"].str()
    }

    /// The namespace; the route's own unless it says otherwise.
    #[must_use]
    pub fn namespace(self) -> &'a str {
        self.node["namespace"].text().unwrap_or(&self.route.object.namespace)
    }

    /// The Service, if it is one and the bundle has it.
    #[must_use]
    pub fn service(self, bundle: &'a Bundle) -> Option<Service<'a>> {
        self.is_service().then(|| bundle.service(self.namespace(), self.name())).flatten()
    }
}

impl<'a> RouteRule<'a> {
    /// Where it sends requests.
    pub fn backends(self) -> impl Iterator<Item = Backend<'a>> {
        let route = self.route;
        self.node["backendRefs"].items().iter().map(move |node| Backend { route, node })
    }

    /// Whether it takes every request: no condition, or only that of a path that all paths begin with.
    #[must_use]
    pub fn is_catch_all(self) -> bool {
        let matches = self.node["matches"].items();
        matches.is_empty() || matches.iter().any(takes_everything)
    }
}

fn takes_everything(condition: &Node) -> bool {
    condition.entries().iter().all(|entry| match &*entry.key {
        "path" => {
            let (kind, value) = (entry.value["type"].str(), entry.value["value"].str());
            matches!(kind, "" | "PathPrefix") && matches!(value, "" | "/")
                || kind == "RegularExpression" && value == "/.*"
        }
        "headers" | "queryParams" => entry.value.items().is_empty(),
        _ => entry.value.is_null(),
    })
}

impl<'a> Backend<'a> {
    /// Whether it is a Service.
    #[must_use]
    pub fn is_service(self) -> bool {
        matches!(self.node["kind"].text(), None | Some("Service")) && matches!(self.node["group"].str(), "" | "core")
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.node["name"].str()
    }

    /// The namespace; the route's own unless it says otherwise.
    #[must_use]
    pub fn namespace(self) -> &'a str {
        self.node["namespace"].text().unwrap_or(&self.route.object.namespace)
    }

    /// The weight; 1 unless it says otherwise.
    #[must_use]
    pub fn weight(self) -> i64 {
        let weight = &self.node["weight"];
        if weight.exists() { weight.int().unwrap_or(1) } else { 1 }
    }

    /// The Service, if the bundle has it.
    #[must_use]
    pub fn service(self, bundle: &'a Bundle) -> Option<Service<'a>> {
        self.is_service().then(|| bundle.service(self.namespace(), self.name())).flatten()
    }
}

impl Bundle {
    /// Each HTTPRoute and GRPCRoute.
    pub fn routes(&self) -> impl Iterator<Item = Route<'_>> {
        KINDS.into_iter().flat_map(|(group, kind)| self.of(group, kind)).map(|object| Route { object })
    }

    /// The routes that are attached to a Service or lead to it, in the order of [`Self::routes`].
    #[must_use]
    pub fn routes_about(&self, namespace: &str, name: &str) -> Vec<Route<'_>> {
        let routes = self.naming_service(namespace, name).filter_map(Route::of);
        let mut routes: Vec<_> = routes.collect();
        routes.sort_by_key(|route| KINDS.iter().position(|(group, kind)| route.object.is(group, kind)));
        routes
    }
}
