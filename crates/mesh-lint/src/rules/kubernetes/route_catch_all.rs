//! Is there a rule for the requests that no condition takes?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, RouteRule};
use crate::rule::{Rule, Severity};
use std::collections::BTreeMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-catch-all",
    severity: Severity::Error,
    title: "requests that match no rule of a Service have nowhere to go",
    reason: "As soon as a Service has a route, a request that matches no rule of any of its routes is answered with 404 \
             by the caller's own sidecar. A route with nothing but the rule for the canary's header breaks all other \
             traffic. Observed with Linkerd.",
    reference: "https://gateway-api.sigs.k8s.io/mesh/gamma/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules: # <-
  - matches:
    - headers: [{name: x-canary, value: v2}]
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
    - headers: [{name: x-canary, value: v2}]
    backendRefs:
    - {name: order-service-v2, port: 8082}
  - backendRefs:
    - {name: order-service-v1, port: 8082}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut parents: BTreeMap<(&str, &str), Vec<Route<'a>>> = BTreeMap::new();
    for parent in bundle.routes().flat_map(Route::parents).filter(|parent| parent.is_service()) {
        parents.entry((parent.namespace(), parent.name())).or_default().push(parent.route);
    }
    for ((_, name), routes) in parents {
        // Routes that have no rules take everything.
        let covered = |route: &Route<'_>| route.rules().next().is_none() || route.rules().any(RouteRule::is_catch_all);
        if !routes.iter().any(covered) {
            let object = routes[0].object;
            let will = format!("answer 404 to each request to {name} that matches no rule");
            report.at(
                object,
                &object["spec"]["rules"],
                will,
                "a last rule without `matches`, here or in a route beside it",
            );
        }
    }
}
