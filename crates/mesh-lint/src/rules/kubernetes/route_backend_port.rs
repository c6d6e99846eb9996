//! Does each backend of a route have the port that is named?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, RouteRule};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-backend-port",
    severity: Severity::Error,
    title: "a route sends to a port that the Service does not have",
    reason: "`backendRefs[].port` is the port of the Service. With the port of the pod instead, the route is Accepted \
             and each request of this share is answered with 500.",
    reference: "https://gateway-api.sigs.k8s.io/reference/spec/#backendref",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 80}
  rules:
  - backendRefs:
    - {name: order-service, port: 8082} # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 80}
  rules:
  - backendRefs:
    - {name: order-service, port: 80}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for backend in bundle.routes().flat_map(Route::rules).flat_map(RouteRule::backends) {
        let port = &backend.node["port"];
        let Some(service) = backend.service(bundle).filter(|_| !port.is_null()) else { continue };
        if port.int().is_none_or(|number| service.port(number).is_none()) {
            let will = format!("answer 500 to this share: Service {} has no port {}", backend.name(), port.str());
            report.at(backend.route.object, port, will, "the number under `port` in the Service");
        }
    }
}
