//! Does a route that is meant for a Service say the Service's group?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-parent-group",
    severity: Severity::Error,
    title: "a route names a Service as its parent without the group of Services",
    reason: "`parentRefs[].group` is that of the Gateway API unless stated, and a Service is of the core group, the \
             empty text. Without it the route names a kind that does not exist: it is admitted, its status stays empty, \
             and no sidecar hears of it. Observed with Linkerd.",
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
  - {kind: Service, name: order-service, port: 8082} # <-
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
    for parent in bundle.routes().flat_map(Route::parents) {
        if parent.kind() == "Service" && !parent.is_service() {
            let will = "give the route no effect: there is no kind Service in the group of the Gateway API";
            report.at(parent.route.object, &parent.node["kind"], will, "`group: \"\"` beside `kind: Service`");
        }
    }
}
