//! Does Linkerd know each filter of a route?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{is_outbound, is_server};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-filter",
    severity: Severity::Error,
    title: "a route has a filter that Linkerd does not support",
    reason: "Linkerd knows RequestHeaderModifier, ResponseHeaderModifier and, for HTTP, RequestRedirect. With \
             URLRewrite, RequestMirror, ExtensionRef or CORS the route is admitted and its status says Accepted and \
             ResolvedRefs, yet it is dropped as a whole: its matches and weights too. Only a line in the log of the \
             policy controller tells. Observed with URLRewrite, RequestMirror and ExtensionRef.",
    reference: "https://linkerd.io/2/reference/httproute/",
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
  - filters:
    - type: RequestMirror # <-
      requestMirror: {backendRef: {name: order-service-v2, port: 8082}}
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
  - filters:
    - type: RequestHeaderModifier
      requestHeaderModifier: {remove: [x-debug]}
    backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

/// What every kind of route may hold, and what an HTTPRoute may hold besides.
const KNOWN: [&str; 3] = ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect"];

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for route in bundle.routes().filter(|route| is_outbound(*route) || route.parents().any(is_server)) {
        for rule in route.rules() {
            for filter in unknown(&rule.node["filters"]) {
                let will = format!(
                    "accept the route and drop it as a whole, because it has the filter {}",
                    filter["type"].str()
                );
                report.at(route.object, &filter["type"], will, INSTEAD);
            }
            for filter in rule.backends().flat_map(|backend| unknown(&backend.node["filters"])) {
                let will = format!(
                    "answer 500 to what goes to this backend, because it has the filter {}",
                    filter["type"].str()
                );
                report.at(route.object, &filter["type"], will, INSTEAD);
            }
        }
    }
}

const INSTEAD: &str = "no such filter: change the request in the process, or at an ingress controller that knows it";

fn unknown(filters: &Node) -> impl Iterator<Item = &Node> {
    filters.items().iter().filter(|filter| !KNOWN.contains(&filter["type"].str()))
}
