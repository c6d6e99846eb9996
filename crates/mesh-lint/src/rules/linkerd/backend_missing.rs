//! Is there each Service that a route sends to?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, RouteRule};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-missing",
    severity: Severity::Error,
    title: "a route sends to a Service that is not there",
    reason: "The route stays accepted, with ResolvedRefs False (BackendNotFound), and its other backends work. The \
             missing one keeps its weight: that share of the requests is answered with 500 and the header \
             `l5d-proxy-error: Service not found`. Observed.",
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
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v3, port: 8082, weight: 10} # <-
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v1
  namespace: shop
spec:
  selector: {app: order-service-v1}
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
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v1, port: 8082, weight: 10}
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v1
  namespace: shop
spec:
  selector: {app: order-service-v1}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for backend in outbound_routes(bundle).flat_map(Route::rules).flat_map(RouteRule::backends) {
        let known = backend.is_service() && bundle.knows_services_of(backend.namespace());
        if known && backend.service(bundle).is_none() {
            report.at(
                backend.route.object,
                &backend.node["name"],
                format!(
                    "answer 500 to this backend's share: {} has no Service {}",
                    backend.namespace(),
                    backend.name()
                ),
                "the name of a Service that is there; apply the Service before the route",
            );
        }
    }
}
