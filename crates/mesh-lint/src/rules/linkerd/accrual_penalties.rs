//! Is the shortest penalty of circuit breaking shorter than the longest?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::milliseconds;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-accrual-penalties",
    severity: Severity::Error,
    title: "the shortest penalty of circuit breaking exceeds the longest, or the longest is 0",
    reason: "A pod that failed too often is left out for the shortest penalty (1s unless stated), then for longer, up \
             to the longest (1m). If the shortest exceeds the longest, the policy controller drops the whole setting \
             with one log line, and no pod is ever left out.",
    reference: "https://linkerd.io/2/reference/circuit-breaking/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive
    balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 90s # <-
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
    balancer.linkerd.io/failure-accrual: consecutive
    balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 10s
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let shortest = service.object.annotation("balancer.linkerd.io/failure-accrual-consecutive-min-penalty");
        let longest = service.object.annotation("balancer.linkerd.io/failure-accrual-consecutive-max-penalty");
        let time = |node: &Node, default| if node.exists() { milliseconds(node.str()) } else { Some(default) };
        let Some((from, to)) = time(shortest, 1_000).zip(time(longest, 60_000)) else { continue };
        if from > to || to == 0 {
            report.at(
                service.object,
                if shortest.exists() { shortest } else { longest },
                format!("drop circuit breaking for this Service: from {from} ms to {to} ms is no range"),
                "a min-penalty of at most the max-penalty, which is 1m unless stated",
            );
        }
    }
}
