//! Do reads and writes of a split follow the same weights?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Backend, RouteRule, twin_keys};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-twin-weights",
    severity: Severity::Warning,
    title: "two rules that differ only in the method have different weights",
    reason: "Retries cannot be limited to a method, so reads and writes get a rule each, and each repeats the weights. \
             A step of a canary that edits only one of them leaves the other where it was: dashboards show a share that \
             nobody wrote.",
    reference: "https://linkerd.io/2/tasks/configuring-dynamic-request-routing/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}]
    backendRefs:
    - {name: order-service-v1, port: 8082, weight: 50}
    - {name: order-service-v2, port: 8082, weight: 50}
  - backendRefs: # <-
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}]
    backendRefs:
    - {name: order-service-v1, port: 8082, weight: 50}
    - {name: order-service-v2, port: 8082, weight: 50}
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 50}
    - {name: order-service-v2, port: 8082, weight: 50}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut first: HashMap<String, (Vec<Share<'a>>, &'a Object)> = HashMap::new();
    for route in bundle.routes().filter(|route| route.is_for_services()) {
        let parents = route.parents().filter(|parent| parent.is_service());
        for (parent, rule) in parents.flat_map(|parent| route.rules().map(move |rule| (parent, rule))) {
            let shares = shares(rule);
            let keys = twin_keys(&rule.node["matches"]).into_iter();
            for key in keys.map(|key| format!("{}/{} {key}", parent.namespace(), parent.name())) {
                match first.get(&key) {
                    // Of alternatives in other files one is applied, with its own twins.
                    Some((other, object)) if *other != shares && bundle.together(object, route.object) => {
                        let will = "split these requests in other shares than those of another method";
                        report.at(route.object, &rule.node["backendRefs"], will, "the same weights in both rules");
                        break;
                    }
                    Some((other, _)) if *other == shares => {}
                    _ => drop(first.insert(key, (shares.clone(), route.object))),
                }
            }
        }
    }
}

type Share<'a> = (&'a str, i64);

fn shares(rule: RouteRule<'_>) -> Vec<Share<'_>> {
    let total: i64 = rule.backends().map(Backend::weight).sum();
    let mut shares: Vec<_> =
        rule.backends().filter(|it| it.weight() > 0).map(|it| (it.name(), it.weight() * 1000 / total.max(1))).collect();
    shares.sort_unstable();
    shares
}
