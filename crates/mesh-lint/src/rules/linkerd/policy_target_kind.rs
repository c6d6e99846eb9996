//! Can a policy be for what it names?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::GATEWAY_API;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, points_at};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-policy-target-kind",
    severity: Severity::Error,
    title: "a policy is for something that Linkerd has no policies for",
    reason: "An AuthorizationPolicy is for a Server, an HTTPRoute, a GRPCRoute or its own Namespace, a rate limit for \
             a Server; each by its group, since a missing one means the core group. Linkerd's webhook refuses \
             everything else, and the callers that the policy was for stay shut out.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {kind: Server, name: order-service} # <-
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-gateway}
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: api-gateway}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(POLICY, "AuthorizationPolicy").filter(|policy| policy["spec"]["targetRef"].exists()) {
        let target = &policy["spec"]["targetRef"];
        let is = |group, kind| points_at(target, group, kind, target["name"].str());
        let own = is("", "Namespace") && target["name"].str() == &*policy.namespace;
        let routes = is(POLICY, "HTTPRoute") || is(GATEWAY_API, "HTTPRoute") || is(GATEWAY_API, "GRPCRoute");
        if !(own || routes || is(POLICY, "Server")) {
            refuse(report, policy, "a Server or route by group and kind, or the policy's own Namespace (group core)");
        }
    }
    for policy in bundle.of(POLICY, "HTTPLocalRateLimitPolicy") {
        let target = &policy["spec"]["targetRef"];
        if target.exists() && !points_at(target, POLICY, "Server", target["name"].str()) {
            refuse(report, policy, "`group: policy.linkerd.io` and `kind: Server`");
        }
    }
}

fn refuse<'a>(report: &mut Report<'a>, policy: &'a Object, instead: &str) {
    let target = &policy["spec"]["targetRef"];
    let (group, kind) = (target["group"].text().unwrap_or("core"), target["kind"].str());
    report.at(
        policy,
        target,
        format!("refuse the policy: it is for {kind} {} of the group {group}", target["name"].str()),
        instead,
    );
}
