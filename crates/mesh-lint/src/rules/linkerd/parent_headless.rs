//! Has the Service that a route is attached to an address of its own?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-parent-headless",
    severity: Severity::Error,
    title: "a route is attached to a Service without a ClusterIP",
    reason: "A caller's proxy finds the routes of a request by the address that was called, which is the Service's \
             ClusterIP. Callers of a headless Service or of an ExternalName call pods or other hosts directly; \
             Linkerd does not accept the route (`parent service must have a ClusterIP`), and retries, timeouts and \
             weights do not apply.",
    reference: "linkerd/linkerd2#5133",
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
  - backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  clusterIP: None
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
  - backendRefs: [{name: order-service-v1, port: 8082}]
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
    for parent in bundle.routes().flat_map(Route::parents) {
        let Some(service) = parent.service(bundle) else { continue };
        if service.is_headless() || service.is_external_name() {
            report.at(
                parent.route.object,
                &parent.node["name"],
                format!("not accept the route: Service {} has no ClusterIP, so callers go past it", parent.name()),
                "a Service of type ClusterIP in front of the same pods, which callers name",
            );
        }
    }
}
