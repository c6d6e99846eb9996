//! Is the port of each backend one of its Service?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Port, Route, RouteRule};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-port",
    severity: Severity::Error,
    title: "a backend has no port, or one that its Service does not have",
    reason: "A Service as a backend needs the Service's own port. Without any the API server refuses the route; the \
             container's port instead is accepted, but no endpoint is behind it and the requests of that share fail.",
    reference: "httproute/",
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
  - backendRefs: [{name: order-service-v1, port: 8082}] # <-
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v1
  namespace: shop
spec:
  selector: {app: order-service-v1}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: http}]
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
  - backendRefs: [{name: order-service-v1, port: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v1
  namespace: shop
spec:
  selector: {app: order-service-v1}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for backend in outbound_routes(bundle).flat_map(Route::rules).flat_map(RouteRule::backends) {
        let port = &backend.node["port"];
        let known = backend.service(bundle);
        if !port.exists() && backend.is_service() {
            let will = format!(
                "never see the route: the API server refuses a Service as a backend ({}) without a port",
                backend.name()
            );
            report.at(backend.route.object, &backend.node["name"], will, "`port` with a port of the Service");
        } else if let Some((service, number)) =
            known.zip(port.int()).filter(|(service, number)| service.port(*number).is_none())
        {
            let ports: Vec<_> = service.ports().filter_map(Port::number).map(|it| it.to_string()).collect();
            report.at(
                backend.route.object,
                port,
                format!(
                    "find no endpoint behind port {number} of Service {} and fail the requests of this share",
                    backend.name()
                ),
                format!("a port of the Service: {}", ports.join(", ")),
            );
        }
    }
}
