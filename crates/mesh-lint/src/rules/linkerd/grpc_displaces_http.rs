//! Do routes of one kind alone hold for a Service?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Parent, Route};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-grpc-displaces-http",
    severity: Severity::Error,
    title: "an HTTPRoute and a GRPCRoute are attached to the same port",
    reason: "A GRPCRoute is the more specific kind, so Linkerd turns every HTTPRoute of the same parent away \
             (RouteReasonConflicted), whichever came first. Its rules, weights and timeouts are gone; the GRPCRoute \
             alone decides.",
    reference: "https://gateway-api.sigs.k8s.io/geps/gep-1426/#route-types",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-http
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082} # <-
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
  name: order-service-grpc
  namespace: shop
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
  name: order-service-http
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8080}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8080}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
  name: order-service-grpc
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
    let (grpc, http): (Vec<_>, Vec<_>) = bundle.routes().partition(|route| &*route.object.kind == "GRPCRoute");
    let grpc: Vec<_> = grpc.into_iter().flat_map(Route::parents).collect();
    for parent in http.into_iter().flat_map(Route::parents).filter(|parent| parent.kind() != "Gateway") {
        if let Some(other) = grpc
            .iter()
            .find(|other| place(**other) == place(parent) && bundle.together(other.route.object, parent.route.object))
        {
            report.at(
                parent.route.object,
                parent.node,
                format!(
                    "turn this route away (RouteReasonConflicted) in favour of GRPCRoute {}",
                    other.route.object.name
                ),
                "rules of one kind for a port: for gRPC the GRPCRoute, with the rest on another port",
            );
        }
    }
}

fn place(parent: Parent<'_>) -> (&str, &str, &str, Option<i64>) {
    (parent.kind(), parent.namespace(), parent.name(), parent.node["port"].int())
}
