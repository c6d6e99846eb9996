//! Is it said what is to be retried?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::RETRIED_READS;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-retry-without-condition",
    severity: Severity::Warning,
    title: "retries have a limit or a timeout and no condition",
    reason: "`retry.linkerd.io/limit` and `retry.linkerd.io/timeout` say how often and how soon. Without \
             `retry.linkerd.io/http` or `/grpc` only failures without any answer are retried, no status: observed, \
             half of the answers being 503 stayed half, and with `5xx` none was left.",
    reference: "https://linkerd.io/2/reference/retries/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    retry.linkerd.io/limit: "3" # <-
spec:
  selector: {app: order-service}
  ports: [{name: grpc, appProtocol: kubernetes.io/h2c, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    retry.linkerd.io/limit: "3"
    retry.linkerd.io/grpc: unavailable
spec:
  selector: {app: order-service}
  ports: [{name: grpc, appProtocol: kubernetes.io/h2c, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        let (limit, timeout) =
            (object.annotation("retry.linkerd.io/limit"), object.annotation("retry.linkerd.io/timeout"));
        let conditions = ["retry.linkerd.io/http", "retry.linkerd.io/grpc"].map(|key| object.annotation(key).exists());
        if (limit.exists() || timeout.exists()) && !conditions.contains(&true) {
            report.at(
                object,
                if limit.exists() { limit } else { timeout },
                "retry only what got no answer at all, and hand every 503 to the caller",
                if &*object.kind == "GRPCRoute" { "retry.linkerd.io/grpc as well" } else { RETRIED_READS },
            );
        }
    }
}
