//! Do annotations about calls stand where Linkerd reads them?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, Workload};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{BALANCER, annotations, is_about_calls, is_outbound};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-annotation-wrong-object",
    severity: Severity::Error,
    title: "an annotation about calls stands on an object on which Linkerd does not read it",
    reason: "Retries and timeouts are read from Services, from EgressNetworks, and from HTTPRoutes and GRPCRoutes \
             that are attached to one of them. Circuit breaking and balancing are read from Services and \
             EgressNetworks alone. Anywhere else, on a Deployment, in a pod's template, on a route of a Gateway, they \
             are kept and have no effect.",
    reference: "https://linkerd.io/2/reference/circuit-breaking/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive # <-
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        for entry in annotations(object).iter().filter(|entry| is_about_calls(&entry.key)) {
            if let Some(instead) = misplaced(object, &entry.key) {
                report.span(object, entry.span, format!("not read `{}` from a {}", entry.key, object.kind), instead);
            }
        }
        let pods = Workload::of(object).filter(|_| &*object.kind != "Pod").map(|it| it.annotations().entries());
        for entry in pods.unwrap_or_default().iter().filter(|entry| is_about_calls(&entry.key)) {
            report.span(object, entry.span, format!("not read `{}` from a pod", entry.key), SERVICE);
        }
    }
}

const SERVICE: &str = "the same annotation on the Service that callers name";

/// Where it belongs, if not here.
fn misplaced(object: &Object, key: &str) -> Option<&'static str> {
    let route = Route { object };
    match &*object.kind {
        "Service" | "EgressNetwork" => None,
        // A patch names no parents; what it patches does.
        "HTTPRoute" | "GRPCRoute" if !object["spec"]["parentRefs"].exists() => None,
        // A Service of another group is no Service, and the route is told so.
        "HTTPRoute" | "GRPCRoute" if !is_outbound(route) && route.parents().any(|it| it.kind() == "Service") => None,
        "HTTPRoute" | "GRPCRoute" if BALANCER.iter().any(|prefix| key.starts_with(prefix)) => Some(SERVICE),
        "HTTPRoute" | "GRPCRoute" if !is_outbound(route) => Some("a route whose parent is the Service"),
        "HTTPRoute" if key == "retry.linkerd.io/grpc" => Some("retry.linkerd.io/http, or a GRPCRoute"),
        "GRPCRoute" if key == "retry.linkerd.io/http" => Some("retry.linkerd.io/grpc"),
        "HTTPRoute" | "GRPCRoute" => None,
        _ => Some(SERVICE),
    }
}
