//! Can Linkerd read the durations in a route's annotations?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{TIME_ANNOTATIONS, annotations, is_about_calls, is_duration, outbound_routes};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-duration-on-route",
    severity: Severity::Error,
    title: "a duration on a route that Linkerd cannot read",
    reason: "Linkerd reads one number and one unit: ms, s, m, h or d. Its webhook refuses a route with anything else \
             (observed with 1m30s, 1.5s and 5), so `kubectl apply` fails in the middle of a folder and the former \
             route stays. Where the webhook does not answer, the route is admitted and dropped.",
    reference: "https://linkerd.io/2/reference/timeouts/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
  annotations:
    timeout.linkerd.io/request: 1.5s # <-
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
  annotations:
    timeout.linkerd.io/request: 1500ms
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for route in outbound_routes(bundle) {
        for entry in annotations(route.object) {
            let read = is_about_calls(&entry.key) && TIME_ANNOTATIONS.contains(&&*entry.key);
            if read && !is_duration(entry.value.str()) {
                report.at(
                    route.object,
                    &entry.value,
                    format!("refuse the route: it cannot read {:?} as a duration", entry.value.str()),
                    "one number and one unit, such as 90s or 1500ms",
                );
            }
        }
    }
}
