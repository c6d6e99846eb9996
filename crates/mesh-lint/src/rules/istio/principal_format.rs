//! Is a principal written as Istio compares it?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{of_principal, principals};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::SECURITY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-principal-format",
    severity: Severity::Error,
    title: "a principal that no caller can have",
    reason: "A principal is `cluster.local/ns/NAMESPACE/sa/ACCOUNT`: the caller's SPIFFE name without its scheme. \
             Anything else is accepted and compared, and never equal.",
    reference: "https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source",
    bad: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - from:
    - source:
        principals: ["spiffe://cluster.local/ns/shop/sa/api-gateway"] # <-
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/api-gateway]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "AuthorizationPolicy") {
        for node in principals(policy) {
            let pattern = node.str().starts_with('*') || node.str().ends_with('*');
            let scheme = node.str().contains("://");
            if scheme || !pattern && of_principal(node.str()).is_none() {
                let will = format!("never find a caller whose name is {:?}", node.str());
                report.at(policy, node, will, "`cluster.local/ns/NAMESPACE/sa/ACCOUNT`");
            }
        }
    }
}
