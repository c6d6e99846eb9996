//! Is a route attached to a port that the Service has?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-route-parent-port",
    severity: Severity::Error,
    title: "a route is attached to a port that its Service does not have",
    reason: "`parentRefs[].port` is the port of the Service, not that of the pod and not a name. With any other the \
             route is admitted and takes no request.",
    reference: "https://gateway-api.sigs.k8s.io/mesh/gamma/",
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
  - {group: "", kind: Service, name: order-service, port: 8082} # <-
  rules:
  - backendRefs:
    - {name: order-service, port: 80}
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
    for parent in bundle.routes().flat_map(Route::parents) {
        let port = &parent.node["port"];
        let Some(service) = parent.service(bundle).filter(|_| !port.is_null()) else { continue };
        if port.int().is_none_or(|number| service.port(number).is_none()) {
            let will = format!("ignore the route: Service {} has no port {}", parent.name(), port.str());
            report.at(parent.route.object, port, will, "the number under `port` in the Service");
        }
    }
}
