//! Does any backend of a rule get requests?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-weights-zero",
    severity: Severity::Error,
    title: "all weights of a rule are 0",
    reason: "Weight 0 means none. If all of them are 0, the rule still takes its requests and answers them with 500.",
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httpbackendref",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: # <-
    - {name: order-service-v1, port: 8082, weight: 0}
    - {name: order-service-v2, port: 8082, weight: 0}
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
    - {name: order-service-v1, port: 8082, weight: 100}
    - {name: order-service-v2, port: 8082, weight: 0}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.routes().flat_map(Route::rules) {
        if rule.backends().next().is_some() && rule.backends().all(|backend| backend.weight() == 0) {
            let will = "answer 500 to each request that this rule takes";
            report.at(rule.route.object, &rule.node["backendRefs"], will, "a weight above 0 for one of them");
        }
    }
}
