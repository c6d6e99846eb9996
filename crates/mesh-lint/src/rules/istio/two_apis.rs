//! Is each Service described by one API?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Host, Route};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_for_mesh, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-two-apis",
    severity: Severity::Error,
    title: "a Service has a VirtualService and a route of the Gateway API",
    reason: "Both describe the same host, and sidecars follow the route alone, whichever is older: the VirtualService \
             is accepted and never read, with its retries and subsets. Observed in both orders. Move a host from one \
             API to the other in one step, and delete the first.",
    reference: "https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: order-service, port: 8082}] # <-
  rules:
  - backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: order-service, port: 8082}]
  rules:
  - backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in bundle.routes().flat_map(Route::parents).filter(|parent| parent.is_service()) {
        let host = Host { namespace: parent.namespace(), name: parent.name() };
        let mut services =
            virtual_services(bundle).filter(|it| is_for_mesh(it) && bundle.together(it, parent.route.object));
        if let Some(other) = services.find(|it| hosts_of(it).any(|(_, it)| it == host)) {
            let will = format!("follow this route and ignore {}", other.title());
            report.at(parent.route.object, &parent.node["name"], will, "one of the two APIs for this host");
        }
    }
}
