//! Does each Service that a route sends to exist?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, RouteRule};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-backend-missing",
    severity: Severity::Error,
    title: "a route sends to a Service that is not there",
    reason: "The route stays Accepted; a status further down says BackendNotFound. The share of requests that falls to \
             the missing Service is answered with 500. Observed with Linkerd.",
    reference: "https://gateway-api.sigs.k8s.io/guides/traffic-splitting/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: orders-service, port: 8082} # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service, port: 8082}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for backend in bundle.routes().flat_map(Route::rules).flat_map(RouteRule::backends).filter(|it| it.is_service()) {
        if bundle.lacks_service(backend.route.object, backend.namespace(), backend.name()) {
            let will = format!("answer 500 to the requests of this share: there is no Service {}", backend.name());
            report.at(backend.route.object, &backend.node["name"], will, "the name of a Service in the same namespace");
        }
    }
}
