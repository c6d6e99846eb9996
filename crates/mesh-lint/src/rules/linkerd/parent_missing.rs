//! Is there what a route is attached to?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Parent, Route};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, is_egress, is_server};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-parent-missing",
    severity: Severity::Error,
    title: "a route is attached to a Service, Server or EgressNetwork that is not there",
    reason: "Linkerd gives such a route the status `Accepted: False` with the reason NoMatchingParent and tells no \
             proxy of it; applying it reports success. Most often a name was changed in one of two files, or the \
             parent lives in another namespace.",
    reference: "httproute/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: orders, port: 8082} # <-
  rules:
  - backendRefs: [{name: order-service, port: 8082}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
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
  - backendRefs: [{name: order-service, port: 8082}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in bundle.routes().flat_map(Route::parents).filter(|parent| is_missing(bundle, *parent)) {
        report.at(
            parent.route.object,
            &parent.node["name"],
            format!(
                "not accept the route (NoMatchingParent): {} has no {} {}",
                parent.namespace(),
                parent.kind(),
                parent.name()
            ),
            "the name of one that is there, with its namespace if that is not the route's own",
        );
    }
}

/// Missing where the bundle shows others of the kind in that namespace.
fn is_missing(bundle: &Bundle, parent: Parent<'_>) -> bool {
    let (namespace, name, kind) = (parent.namespace(), parent.name(), parent.kind());
    let known = if parent.is_service() {
        bundle.knows_services_of(namespace)
    } else {
        (is_server(parent) || is_egress(parent)) && bundle.of(POLICY, kind).any(|it| *it.namespace == *namespace)
    };
    known && bundle.named(kind, namespace, name).next().is_none()
}
