//! Does a policy ask for anything?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-policy-open",
    severity: Severity::Warning,
    title: "a policy asks for no authentication",
    reason: "An AuthorizationPolicy whose list of authentications is empty is met by everybody, with or without an \
             identity (read in the source of the policy controller). It reads like one that lets nobody in.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  requiredAuthenticationRefs: [] # <-
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-gateway}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(POLICY, "AuthorizationPolicy") {
        let references = &policy["spec"]["requiredAuthenticationRefs"];
        if references.exists() && references.items().is_empty() {
            report.at(
                policy,
                references,
                "let everybody in, with or without an identity",
                "the authentications that are meant; no policy at all where nobody may come",
            );
        }
    }
}
