//! Does Linkerd know the mode of circuit breaking?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-accrual-mode",
    severity: Severity::Error,
    title: "circuit breaking in a mode that Linkerd does not know",
    reason: "`balancer.linkerd.io/failure-accrual` is `consecutive` or, since 2.20, `unified`. With any other word, \
             `true` or `enabled` for one, the Service is admitted, the policy controller logs one line, and no pod is \
             ever left out.",
    reference: "https://linkerd.io/2/reference/circuit-breaking/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: enabled # <-
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
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let mode = service.object.annotation("balancer.linkerd.io/failure-accrual");
        if mode.exists() && !matches!(mode.str(), "consecutive" | "unified") {
            report.at(
                service.object,
                mode,
                format!("leave no pod out, however often it fails: it knows no mode {:?}", mode.str()),
                "consecutive",
            );
        }
    }
}
