//! Is a route for a Gateway or for a Service, and not for both?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::GATEWAY_API;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-parents-mixed",
    severity: Severity::Warning,
    title: "a route is attached to a Gateway and to a Service",
    reason: "An ingress controller reads the route for its Gateway, the proxies of callers read it for the Service, \
             and each knows other filters, other fields and other backends. What one of them ignores the other obeys, \
             and both write into the same status; results have been seen to diverge.",
    reference: "linkerd/linkerd2#12267",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {name: shop}
  - {group: "", kind: Service, name: order-service, port: 8082} # <-
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
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
    for route in bundle.routes() {
        let gateway = route.parents().any(|parent| parent.kind() == "Gateway" && parent.group() == GATEWAY_API);
        let Some(service) = route.parents().find(|parent| parent.is_service()).filter(|_| gateway) else { continue };
        report.at(
            route.object,
            service.node,
            "obey this route between pods as well as at the Gateway, each as far as its reader understands it",
            "two routes: one for the Gateway that leads to the Service, one for the Service that leads to its releases",
        );
    }
}
