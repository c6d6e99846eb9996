//! Are only requests retried that may be sent twice?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{annotations, outbound_routes, routes_of};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-retried-writes",
    severity: Severity::Warning,
    title: "retries apply to requests that may not be sent twice",
    reason: "Linkerd retries whatever its annotation covers, POST too (observed): a callee that did its work and then \
             failed to answer does it again. The annotation of a Service covers every request, that of a route every \
             rule of it. Reads, and writes that carry a key by which the callee knows them again, can have a route of \
             their own; a twin without the annotation takes the rest.",
    reference: "https://linkerd.io/2/features/retries-and-timeouts/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
  annotations:
    retry.linkerd.io/http: 5xx # <-
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
  annotations:
    retry.linkerd.io/http: 5xx
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - matches: [{method: GET}, {method: HEAD}]
    backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for route in outbound_routes(bundle).filter(|route| retries(route.object).exists()) {
        if route.rules().any(|rule| takes_writes(rule.node)) {
            report.at(
                route.object,
                retries(route.object),
                "send each POST that this route takes again when it fails",
                INSTEAD,
            );
        }
    }
    for service in bundle.services().filter(|service| retries(service.object).exists()) {
        let routes = routes_of(bundle, &service.object.namespace, &service.object.name);
        // A route with retries of its own replaces those of the Service.
        let mut inheriting =
            routes.iter().filter(|(route, _)| !annotations(route.object).iter().any(|it| it.key.starts_with("retry.")));
        if routes.is_empty() || inheriting.any(|(route, _)| route.rules().any(|rule| takes_writes(rule.node))) {
            let will = "send each POST to this Service again when it fails";
            report.at(service.object, retries(service.object), will, INSTEAD);
        }
    }
}

const INSTEAD: &str = "the annotation on a route for GET and HEAD, and a second route without it for the rest";

fn retries(object: &Object) -> &Node {
    object.annotation("retry.linkerd.io/http")
}

fn takes_writes(rule: &Node) -> bool {
    let conditions = rule["matches"].items();
    conditions.is_empty()
        || conditions.iter().any(|condition| {
            let keyed = condition["headers"]
                .items()
                .iter()
                .any(|it| it["name"].str().to_ascii_lowercase().contains("idempoten"));
            matches!(condition["method"].str(), "" | "POST" | "PATCH") && !keyed
        })
}
