//! Does the Service that a route is for exist?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-parent-missing",
    severity: Severity::Error,
    title: "a route is attached to a Service that is not there",
    reason: "The route is admitted whether or not its parent exists. Its status says so to whoever asks; requests take \
             the Service's default way, without weights, retries or timeouts of the route.",
    reference: "https://gateway-api.sigs.k8s.io/mesh/gamma/",
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
  - {group: "", kind: Service, name: orders-service, port: 8082} # <-
  rules:
  - backendRefs:
    - {name: order-service, port: 8082}
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
    for parent in bundle.routes().flat_map(Route::parents).filter(|parent| parent.is_service()) {
        if bundle.lacks_service(parent.route.object, parent.namespace(), parent.name()) {
            let will = format!("ignore the route: there is no Service {} in {}", parent.name(), parent.namespace());
            report.at(parent.route.object, &parent.node["name"], will, "the name of the Service that callers use");
        }
    }
}
