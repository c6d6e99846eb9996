//! Which routes do the proxies of callers obey, and what are they attached to?

use crate::bundle::Bundle;
use crate::model::{Parent, Route, RouteRule};
use crate::object::Object;
use crate::rules::linkerd::support::POLICY;

/// Whether the parent is a Server, so that the proxy of the callee obeys the route.
#[must_use]
pub fn is_server(parent: Parent<'_>) -> bool {
    parent.kind() == "Server" && parent.group() == POLICY
}

/// Whether the parent is an EgressNetwork.
#[must_use]
pub fn is_egress(parent: Parent<'_>) -> bool {
    parent.kind() == "EgressNetwork" && parent.group() == POLICY
}

/// Whether the proxies of callers obey the route.
#[must_use]
pub fn is_outbound(route: Route<'_>) -> bool {
    route.parents().any(|parent| parent.is_service() || is_egress(parent))
}

/// Each route that the proxies of callers obey.
pub fn outbound_routes(bundle: &Bundle) -> impl Iterator<Item = Route<'_>> {
    bundle.routes().filter(|route| is_outbound(*route))
}

/// The routes of one Service with the parent by which they are attached.
pub fn routes_of<'a>(bundle: &'a Bundle, namespace: &str, name: &str) -> Vec<(Route<'a>, Parent<'a>)> {
    let routes = bundle.routes_about(namespace, name).into_iter();
    let all = routes.flat_map(|route| route.parents().map(move |parent| (route, parent)));
    all.filter(|(_, parent)| parent.is_service() && parent.namespace() == namespace && parent.name() == name).collect()
}

/// The Service by whose route requests come to this one, if it has no route of its own.
#[must_use]
pub fn apex_of<'a>(bundle: &'a Bundle, service: &Object) -> Option<&'a str> {
    if !routes_of(bundle, &service.namespace, &service.name).is_empty() {
        return None;
    }
    let is = |namespace: &str, name: &str| *namespace == *service.namespace && *name == *service.name;
    let routes = bundle.routes_about(&service.namespace, &service.name).into_iter();
    let mut leading = routes.filter(|route| route.is_for_services()).filter(|route| {
        route.rules().flat_map(RouteRule::backends).any(|it| it.is_service() && is(it.namespace(), it.name()))
    });
    leading.find_map(|route| route.parents().find(|it| it.is_service()).map(Parent::name))
}
