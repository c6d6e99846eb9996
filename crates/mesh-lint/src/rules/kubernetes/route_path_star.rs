//! Is a star meant as a pattern in the path of a route?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-path-star",
    severity: Severity::Error,
    title: "a path of a route with a star",
    reason: "`PathPrefix` and `Exact` compare characters, segment by segment: `/orders/*` takes a path that holds a \
             star and no other. The route is accepted and its references are resolved, and all requests pass the rule \
             by. Observed.",
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#httppathmatch",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches:
    - path: {type: PathPrefix, value: /orders/*} # <-
    backendRefs: [{name: order-service-v2, port: 8082}]
  - backendRefs: [{name: order-service-v1, port: 8082}]
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
    - path: {type: PathPrefix, value: /orders}
    backendRefs: [{name: order-service-v2, port: 8082}]
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.routes().flat_map(Route::rules) {
        for path in rule.node["matches"].items().iter().map(|it| &it["path"]) {
            let compares = matches!(path["type"].text(), None | Some("PathPrefix" | "Exact"));
            if compares && path["value"].str().contains('*') {
                let will = format!("take only paths that literally hold {:?}", path["value"].str());
                report.at(rule.route.object, &path["value"], will, "`PathPrefix` without the star");
            }
        }
    }
}
