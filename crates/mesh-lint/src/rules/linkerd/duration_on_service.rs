//! Can Linkerd read the durations in a Service's annotations?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, TIME_ANNOTATIONS, annotations, is_duration};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-duration-on-service",
    severity: Severity::Error,
    title: "a duration on a Service that Linkerd cannot read",
    reason: "Linkerd reads one number and one unit: ms, s, m, h or d. It knows no fraction (1.5s), no sum (1m30s) and \
             no bare number. On a route its webhook refuses such a value; on a Service the value is admitted, the \
             policy controller logs one line, and the feature is off. Observed with 1m30s.",
    reference: "https://linkerd.io/2/reference/timeouts/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    timeout.linkerd.io/request: 1m30s # <-
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    timeout.linkerd.io/request: 90s
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.of("", "Service").chain(bundle.of(POLICY, "EgressNetwork")) {
        for entry in annotations(object) {
            if TIME_ANNOTATIONS.contains(&&*entry.key) && !is_duration(entry.value.str()) {
                report.at(
                    object,
                    &entry.value,
                    format!(
                        "accept the {} and do without `{}`: it cannot read {:?}",
                        object.kind,
                        entry.key,
                        entry.value.str()
                    ),
                    "one number and one unit, such as 90s or 1500ms",
                );
            }
        }
    }
}
