//! Is there a rule that no request reaches?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-rule-repeated",
    severity: Severity::Warning,
    title: "two rules of a Service have the same conditions",
    reason: "Of rules with equal conditions one takes all requests: the first in a route, the older route of two. The \
             other is Accepted and never used; which one that is changes when a route is deleted and made again.",
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service, port: 8082}
  - matches: # <-
    - path: {type: PathPrefix, value: /}
    backendRefs:
    - {name: order-service-v2, port: 8082}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches:
    - path: {type: PathPrefix, value: /orders/new}
    backendRefs:
    - {name: order-service-v2, port: 8082}
  - backendRefs:
    - {name: order-service, port: 8082}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut seen: HashMap<String, &'a Object> = HashMap::new();
    for route in bundle.routes().filter(|route| route.is_for_services()) {
        for parent in route.parents().filter(|parent| parent.is_service()) {
            for rule in route.rules() {
                let matches = &rule.node["matches"];
                for condition in conditions(matches) {
                    let port = parent.node["port"].str();
                    let key =
                        format!("{} {} {} {port} {condition}", route.object.kind, parent.namespace(), parent.name());
                    let Some(first) = seen.insert(key, route.object) else { continue };
                    // Files that hold alternatives of one object are no conflict.
                    let alternative = first.name == route.object.name && !std::ptr::eq(first, route.object);
                    if !alternative && bundle.together(first, route.object) {
                        let node = if matches.exists() { matches } else { rule.node };
                        let will = format!("use only one of this rule and an equal one in {}", first.title());
                        report.at(route.object, node, will, "one rule, or conditions that differ");
                    }
                }
            }
        }
    }
}

/// The conditions of a rule, each in a form that is equal for equal ones.
fn conditions(matches: &Node) -> Vec<String> {
    match matches.items() {
        [] => vec![everything()],
        items => items.iter().map(canonical).map(|it| if it == "{}" { everything() } else { it }).collect(),
    }
}

fn everything() -> String {
    "{path:{value:/}}".to_owned()
}

fn canonical(node: &Node) -> String {
    let mut parts: Vec<_> = node.items().iter().map(canonical).collect();
    // What is the default need not be written.
    let written = node.entries().iter().filter(|it| !matches!((&*it.key, it.value.str()), ("type", "PathPrefix")));
    parts.extend(written.map(|it| format!("{}:{}", it.key, canonical(&it.value))));
    parts.sort_unstable();
    match node.text() {
        Some(text) => text.to_owned(),
        None => format!("{{{}}}", parts.join(",")),
    }
}
