//! Do annotations about calls stand on the Service that callers name?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Parent, RouteRule};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{annotations, is_about_calls, routes_of};

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
    for service in bundle.services() {
        let object = service.object;
        let Some(apex) = apex(bundle, object) else { continue };
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

/// The Service by whose route requests come to this one, if it has no route of its own.
fn apex<'a>(bundle: &'a Bundle, object: &Object) -> Option<&'a str> {
    let is = |namespace: &str, name: &str| *namespace == *object.namespace && *name == *object.name;
    if annotations(object).is_empty() || !routes_of(bundle, &object.namespace, &object.name).is_empty() {
        return None;
    }
    let routes = bundle.routes().filter(|route| route.is_for_services());
    let mut leading = routes.filter(|route| {
        route.rules().flat_map(RouteRule::backends).any(|it| it.is_service() && is(it.namespace(), it.name()))
    });
    leading.find_map(|route| route.parents().find(|it| it.is_service()).map(Parent::name))
}
