//! Are retries written where Linkerd reads them?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{RETRIED_READS, outbound_routes};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-retry",
    severity: Severity::Error,
    title: "a route asks for retries in a field that Linkerd does not read",
    reason: "The Gateway API has an experimental field `retry` in the rules of an HTTPRoute. Linkerd reads retries \
             only from annotations of the route or of the Service; the field is accepted where the CRD has it, and \
             nothing is retried. Its presence can make Linkerd pass over the whole route.",
    reference: "https://linkerd.io/2/reference/retries/",
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
  - retry: {codes: [503], attempts: 2} # <-
    backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
  annotations: {retry.linkerd.io/http: "503", retry.linkerd.io/limit: "2"}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}, {method: HEAD}]
    backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-writes
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in outbound_routes(bundle).flat_map(Route::rules) {
        let retry = &rule.node["retry"];
        if retry.exists() {
            report.at(rule.route.object, retry, "not retry anything: it does not read this field", RETRIED_READS);
        }
    }
}
