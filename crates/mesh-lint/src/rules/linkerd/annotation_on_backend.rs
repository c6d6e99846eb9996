//! Do annotations about calls stand on the Service that callers name?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{annotations, apex_of, is_about_calls};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-annotation-on-backend",
    severity: Severity::Error,
    title: "retries, timeouts or circuit breaking stand on a Service that is only a backend",
    reason: "A caller's proxy looks these up for the Service that was called, the parent of the route. What the \
             Services of the releases say is not asked. Observed: circuit breaking on the apex tripped as documented, \
             on the releases' Services it did nothing.",
    reference: "https://linkerd.io/2/reference/circuit-breaking/",
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
  - backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v1
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive # <-
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
  - backendRefs: [{name: order-service-v1, port: 8082}]
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
    for service in bundle.services().filter(|it| !annotations(it.object).is_empty()) {
        let object = service.object;
        let Some(apex) = apex_of(bundle, object) else { continue };
        for entry in annotations(object).iter().filter(|entry| is_about_calls(&entry.key)) {
            report.span(
                object,
                entry.span,
                format!("not ask it for `{}` in calls of {apex}, whose route leads here", entry.key),
                format!("the annotation on Service {apex}"),
            );
        }
    }
}
