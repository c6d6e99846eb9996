//! Are only requests retried that may be sent twice?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{RETRIED_READS, annotations, apex_of, has_requests, outbound_routes, routes_of};
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
    let retrying = outbound_routes(bundle).filter(|route| is_of_http(*route) && retries(route.object).exists());
    for route in retrying.filter(|route| route.rules().any(|rule| takes_writes(rule.node))) {
        let will = "send each POST that this route takes again when it fails";
        report.at(route.object, retries(route.object), will, RETRIED_READS);
    }
    let retrying = bundle.services().filter(|service| retries(service.object).exists() && has_requests(*service));
    for service in retrying.filter(|service| takes_writes_of(bundle, service.object)) {
        let will = "send each POST to this Service again when it fails";
        report.at(service.object, retries(service.object), will, RETRIED_READS);
    }
}

fn retries(object: &Object) -> &Node {
    object.annotation("retry.linkerd.io/http")
}

/// Linkerd reads another annotation of a GRPCRoute.
fn is_of_http(route: Route<'_>) -> bool {
    &*route.object.kind == "HTTPRoute"
}

/// Whether the retries of a Service cover writes. Its routes inherit them, unless they have retries of their own; those of
/// a Service that is only a backend are not asked for.
fn takes_writes_of(bundle: &Bundle, service: &Object) -> bool {
    let routes = routes_of(bundle, &service.namespace, &service.name);
    if routes.is_empty() {
        return apex_of(bundle, service).is_none();
    }
    let own = |object| annotations(object).iter().any(|it| it.key.starts_with("retry."));
    let mut inheriting = routes.into_iter().map(|(route, _)| route).filter(|it| is_of_http(*it) && !own(it.object));
    inheriting.any(|route| route.rules().any(|rule| takes_writes(rule.node)))
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
