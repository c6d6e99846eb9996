//! Does each Service that a route sends to have a port?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, RouteRule};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-without-port",
    severity: Severity::Error,
    title: "a route sends to a Service without naming a port",
    reason: "A Service as a backend needs one of its ports. The API server refuses the whole route without it, by the \
             rules of the CRD and by Linkerd's webhook alike (observed); pipelines that go on after an error leave \
             the former route in force.",
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
  - backendRefs: [{name: order-service-v1}] # <-
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
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for backend in outbound_routes(bundle).flat_map(Route::rules).flat_map(RouteRule::backends) {
        if backend.is_service() && backend.node["port"].is_null() {
            report.at(
                backend.route.object,
                &backend.node["name"],
                "never see this route: the API server refuses a Service without a port as a backend",
                "`port` with the number of a port of the Service",
            );
        }
    }
}
