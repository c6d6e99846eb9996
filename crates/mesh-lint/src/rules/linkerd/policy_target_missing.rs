//! Is there what a policy is for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-policy-target-missing",
    severity: Severity::Error,
    title: "a policy is for a Server or a route that is not there",
    reason: "An AuthorizationPolicy has no status, and its target need not exist. One that points at nothing lets \
             nobody in, so callers get 403 although the policy for them is applied; a rate limit that points at \
             nothing limits nothing.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: orders} # <-
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-gateway}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-gateway}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let limits = bundle.of(POLICY, "HTTPLocalRateLimitPolicy");
    for policy in bundle.of(POLICY, "AuthorizationPolicy").chain(limits) {
        let target = &policy["spec"]["targetRef"];
        let (group, kind, name) = (target["group"].str(), target["kind"].str(), target["name"].str());
        let mut known = bundle.of(group, kind).filter(|it| it.namespace == policy.namespace).peekable();
        let judged = matches!(kind, "Server" | "HTTPRoute" | "GRPCRoute") && known.peek().is_some();
        if judged && !known.any(|it| *it.name == *name) {
            report.at(
                policy,
                &target["name"],
                format!("apply this {} to nothing: {} has no {kind} {name}", policy.kind, policy.namespace),
                "the name of one that is there, in the same namespace",
            );
        }
    }
}
