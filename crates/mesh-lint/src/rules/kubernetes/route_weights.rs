//! Do weights that look like percent add up to a hundred?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Backend, Route, odd_sum};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-weights",
    severity: Severity::Warning,
    title: "weights look like percent and do not add up to 100",
    reason: "Weights are shares of their sum, so any sum is accepted: 90 and 20 mean 82 % and 18 %, which is what nobody \
             wrote; usually one of two numbers was edited. Unequal weights of at most 100 of which one is 20 or more \
             are taken for percent. A ratio is told from them by being short: 2 and 1, not 20 and 10.",
    reference: "https://gateway-api.sigs.k8s.io/guides/traffic-splitting/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: # <-
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 20}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.routes().flat_map(Route::rules) {
        let weights: Vec<_> = rule.backends().filter(|it| it.node["weight"].exists()).map(Backend::weight).collect();
        if let Some(sum) = odd_sum(&weights) {
            let will = format!("send shares of {sum}, not of 100: {weights:?}");
            report.at(rule.route.object, &rule.node["backendRefs"], will, "weights that add up to 100");
        }
    }
}
