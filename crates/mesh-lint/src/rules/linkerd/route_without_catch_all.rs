//! Does some rule take what no other rule takes?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Parent, Route, RouteRule};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::routes_of;
use std::collections::BTreeSet;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-without-catch-all",
    severity: Severity::Error,
    title: "the routes of a Service have no rule for all other requests",
    reason: "As soon as one HTTPRoute is attached to a Service, a request that matches none of its routes' rules is \
             answered with 404 by the caller's own proxy; the pods never see it. Observed: a route with a canary's \
             header alone breaks everybody without that header. Rules that list paths are let pass, for they may name \
             all that there is.",
    reference: "https://linkerd.io/2/features/request-routing/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082} # <-
  rules:
  - matches: [{headers: [{name: x-canary, value: v2}]}]
    backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{headers: [{name: x-canary, value: v2}]}]
    backendRefs: [{name: order-service-v2, port: 8082}]
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut judged = BTreeSet::new();
    for route in bundle.routes() {
        for parent in route.parents().filter(|parent| parent.is_service()) {
            let port = parent.node["port"].int();
            let own = *route.object.namespace == *parent.namespace();
            if !own || !judged.insert((parent.namespace(), parent.name(), port)) {
                continue;
            }
            let rules = rules(bundle, parent);
            let limited = rules.iter().any(|rule| !names_paths(*rule));
            if limited && !rules.iter().any(|rule| rule.is_catch_all() && !has_hosts(*rule)) {
                report.at(
                    route.object,
                    &parent.node["name"],
                    format!("answer 404 to each call of {} that matches no rule", parent.name()),
                    "one rule without `matches`, in this route or in another one for the same Service",
                );
            }
        }
    }
}

/// All HTTP rules that hold for a parent: routes without a port are for every port. A GRPCRoute would displace them all.
fn rules<'a>(bundle: &'a Bundle, parent: Parent<'a>) -> Vec<RouteRule<'a>> {
    let port = parent.node["port"].int();
    let routes = routes_of(bundle, parent.namespace(), parent.name()).into_iter();
    let routes = routes
        .filter(|(_, other)| port.is_none() || matches!(other.node["port"].int(), it if it.is_none() || it == port));
    let routes: Vec<_> = routes.map(|(route, _)| route).collect();
    let grpc = routes.iter().any(|route| &*route.object.kind == "GRPCRoute");
    routes.into_iter().filter(|_| !grpc).flat_map(Route::rules).collect()
}

fn names_paths(rule: RouteRule<'_>) -> bool {
    let conditions = rule.node["matches"].items();
    !conditions.is_empty() && conditions.iter().all(|condition| !matches!(condition["path"]["value"].str(), "" | "/"))
}

fn has_hosts(rule: RouteRule<'_>) -> bool {
    !rule.route.object["spec"]["hostnames"].items().is_empty()
}
