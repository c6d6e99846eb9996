//! Does Linkerd read the time limit of an attempt?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, duration};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-request-timeout",
    severity: Severity::Error,
    title: "a route limits an attempt with a field that Linkerd ignores",
    reason: "Of the Gateway API's `timeouts` Linkerd honours `request`. `backendRequest` is accepted and then not \
             used. Observed: with a limit of 1 s an answer after 3 s was a 200.",
    reference: "https://linkerd.io/2/reference/timeouts/",
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
  - timeouts: {request: 3s, backendRequest: 1s} # <-
    backendRefs: [{name: order-service-v1, port: 8082}]
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
  - timeouts: {request: 3s}
    backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in outbound_routes(bundle).flat_map(Route::rules) {
        let limit = &rule.node["timeouts"]["backendRequest"];
        // Zero switches the limit off in the Gateway API, and there is none.
        if limit.exists() && !duration(limit.str()).is_some_and(|it| it.is_zero()) {
            report.at(
                rule.route.object,
                limit,
                format!("wait longer than {} for an attempt: it does not use this field", limit.str()),
                "the annotation timeout.linkerd.io/response, or retry.linkerd.io/timeout to try again",
            );
        }
    }
}
