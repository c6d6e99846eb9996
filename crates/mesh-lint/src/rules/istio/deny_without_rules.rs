//! Does a DENY policy deny anything?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::SECURITY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-deny-without-rules",
    severity: Severity::Error,
    title: "a DENY policy has no rules",
    reason: "A policy takes what one of its rules takes. Without rules an ALLOW admits nobody, which many know as the \
             policy that denies all; a DENY without rules denies nobody. Istio's webhook refuses it (observed), so the \
             namespace stays as open as it was.",
    reference: "https://istio.io/latest/docs/reference/config/security/authorization-policy/#AuthorizationPolicy",
    bad: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  action: DENY # <-
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  action: DENY
  rules: [{}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "AuthorizationPolicy") {
        let action = &policy["spec"]["action"];
        if action.str() == "DENY" && policy["spec"]["rules"].items().is_empty() {
            let will = "refuse the policy, or deny nothing where no webhook looks";
            report.at(policy, action, will, "`rules: [{}]` to deny everything, or an empty `spec` to allow nothing");
        }
    }
}
