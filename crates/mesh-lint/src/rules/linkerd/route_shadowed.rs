//! Is each rule the first with its conditions?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::RouteRule;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{RouteKey, route_key};
use crate::yaml::Node;
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-shadowed",
    severity: Severity::Error,
    title: "two rules for one Service have the same conditions",
    reason: "Rules of all routes of a parent are one list: the more specific first, then the older route, then the \
             name. Of two rules with equal conditions the second gets no request, and which one that is depends on \
             when each was created in that cluster. So the same files behave differently after a restore.",
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-a
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}]
    backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-b
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}] # <-
    backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-a
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}]
    backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-b
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: HEAD}]
    backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut seen: HashMap<_, (RouteKey<'a>, usize)> = HashMap::new();
    for (number, route) in bundle.routes().enumerate() {
        let hosts = canonical(&route.object["spec"]["hostnames"]);
        for parent in route.parents().filter(|parent| parent.is_service()) {
            let place = (parent.namespace(), parent.name(), parent.node["port"].int());
            for rule in route.rules() {
                for (condition, at) in conditions(rule) {
                    let kind = &*route.object.kind;
                    let first =
                        *seen.entry((place, kind, hosts.clone(), condition)).or_insert((route_key(route), number));
                    // A file with the same object once more is an alternative to it.
                    if first.0 != route_key(route) {
                        say(report, rule, at, first.0.3);
                    }
                }
            }
        }
    }
}

fn say<'a>(report: &mut Report<'a>, rule: RouteRule<'a>, at: &Node, first: &str) {
    report.at(
        rule.route.object,
        at,
        format!("use either this rule or the one with the same conditions in {first}, by the age of the two routes"),
        "one rule for one set of conditions; give one of them a condition more, or put both into one route",
    );
}

/// Each condition of a rule in a form in which equal ones are equal; no condition is one as well.
fn conditions(rule: RouteRule<'_>) -> Vec<(String, &Node)> {
    let matches = &rule.node["matches"];
    match matches.items() {
        [] => vec![(String::new(), rule.node)],
        items => items.iter().map(|item| (canonical(item), item)).collect(),
    }
}

/// A text that does not depend on the order of keys.
fn canonical(node: &Node) -> String {
    let mut parts: Vec<_> =
        node.entries().iter().map(|entry| format!("{}:{}", entry.key, canonical(&entry.value))).collect();
    parts.sort();
    let items: Vec<_> = node.items().iter().map(canonical).collect();
    format!("{}{{{}}}[{}]", node.str(), parts.join(","), items.join(","))
}
