//! Are the routes of a Service of one API group?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{GATEWAY_API, Route};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-groups",
    severity: Severity::Warning,
    title: "a Service has HTTPRoutes of two API groups",
    reason: "Linkerd brought its own HTTPRoute (policy.linkerd.io) before it read that of the Gateway API, and reads \
             both. Attached to one parent their rules are merged, the older objects first, while `kubectl get \
             httproute` shows only one of the two kinds: what is in force cannot be seen in one place. Linkerd's own \
             kind gets no more features.",
    reference: "linkerd/linkerd2#13166",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata:
  name: order-service-old
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082} # <-
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v2, port: 8082}]
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
  - backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let (old, new): (Vec<_>, Vec<_>) = bundle.routes().partition(|route| *route.object.group == *POLICY);
    let new: Vec<_> = new.into_iter().flat_map(Route::parents).collect();
    for parent in old.into_iter().flat_map(Route::parents) {
        let place = (parent.kind(), parent.namespace(), parent.name());
        if let Some(other) = new.iter().find(|other| {
            let same = (other.kind(), other.namespace(), other.name()) == place;
            same && bundle.together(other.route.object, parent.route.object)
        }) {
            report.at(
                parent.route.object,
                parent.node,
                format!(
                    "merge it with {} {} of {GATEWAY_API}, the older one first",
                    other.route.object.kind, other.route.object.name
                ),
                format!("one group for all: {GATEWAY_API}/v1"),
            );
        }
    }
}
