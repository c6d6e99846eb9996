//! Has some backend of each rule a weight?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-weights-zero",
    severity: Severity::Error,
    title: "all backends of a rule have the weight 0",
    reason: "A weight of 0 takes a backend out of the draw. A rule whose backends are all out has nobody to send to, \
             and the Gateway API asks for an error on each of its requests; the route is accepted without a word, \
             because each weight by itself is valid.",
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httpbackendref",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 0} # <-
    - {name: order-service-v2, port: 8082, weight: 0}
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
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 100}
    - {name: order-service-v2, port: 8082, weight: 0}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in outbound_routes(bundle).flat_map(Route::rules) {
        let Some(first) = rule.backends().next() else { continue };
        if rule.backends().all(|backend| backend.weight() == 0) {
            report.at(
                rule.route.object,
                &first.node["weight"],
                "have no backend to send to, so that each request of this rule fails",
                "a weight above 0 for at least one backend",
            );
        }
    }
}
