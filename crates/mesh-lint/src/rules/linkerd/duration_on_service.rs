//! Can Linkerd read the durations in a Service's annotations?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{TIME_ANNOTATIONS, is_duration};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-duration-on-service",
    severity: Severity::Error,
    title: "a duration on a Service that Linkerd cannot read",
    reason: "Linkerd reads one number and one unit: ms, s, m, h or d. It knows no fraction (1.5s), no sum (1m30s) and no bare \
             number. On a route its webhook refuses such a value; on a Service the value is admitted, the policy controller logs \
             one line, and the feature is off. Observed with 1m30s.",
    reference: "https://linkerd.io/2/reference/timeouts/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  annotations:
    timeout.linkerd.io/request: 1m30s # <-
spec:
  ports: [{name: http, appProtocol: http, port: 8082}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  annotations:
    timeout.linkerd.io/request: 90s
spec:
  ports: [{name: http, appProtocol: http, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        for entry in service.object["metadata"]["annotations"].entries() {
            if TIME_ANNOTATIONS.contains(&&*entry.key) && !is_duration(entry.value.str()) {
                report.at(
                    service.object,
                    &entry.value,
                    format!(
                        "accept the Service and do without `{}`: it cannot read {:?}",
                        entry.key,
                        entry.value.str()
                    ),
                    "one number and one unit, such as 90s or 1500ms",
                );
            }
        }
    }
}
