//! Is the port of a route's parent one of the Service?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Port, Route};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-parent-port",
    severity: Severity::Error,
    title: "a route is attached to a port that the Service does not have",
    reason: "The `port` of a parent is the Service's port, not the container's. With another number the route is \
             accepted all the same, and no request ever comes by: the Service goes on as if there were no route.",
    reference: "httproute/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082} # <-
  rules:
  - backendRefs: [{name: order-service, port: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
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
  - {group: "", kind: Service, name: order-service, port: 80}
  rules:
  - backendRefs: [{name: order-service, port: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in bundle.routes().flat_map(Route::parents) {
        let Some((service, port)) = parent.service(bundle).zip(parent.node["port"].int()) else { continue };
        if service.port(port).is_none() {
            let ports: Vec<_> = service.ports().filter_map(Port::number).map(|it| it.to_string()).collect();
            report.at(
                parent.route.object,
                &parent.node["port"],
                format!("accept the route and apply it to nothing: Service {} has no port {port}", parent.name()),
                format!("a port of the Service ({}), or none for all of them", ports.join(", ")),
            );
        }
    }
}
