//! Is there each authentication that a policy asks for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, points_at};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-policy-authentication",
    severity: Severity::Error,
    title: "a policy asks for an authentication that is not there, or that cannot be asked for",
    reason: "All authentications of an AuthorizationPolicy have to be met. One that does not exist is met by nobody, \
             and the policy lets nobody in. Of identities a policy may name one MeshTLSAuthentication or \
             ServiceAccount, besides it one NetworkAuthentication, each with its group; Linkerd's webhook refuses \
             more, or another kind.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  requiredAuthenticationRefs:
  - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: gateway} # <-
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: api-gateway}]
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
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: api-gateway}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(POLICY, "AuthorizationPolicy") {
        let (mut identities, mut networks) = (0, 0);
        for reference in policy["spec"]["requiredAuthenticationRefs"].items() {
            let is = |group, kind| points_at(reference, group, kind, reference["name"].str());
            let identity = is(POLICY, "MeshTLSAuthentication") || is("", "ServiceAccount");
            let network = is(POLICY, "NetworkAuthentication");
            identities += usize::from(identity);
            networks += usize::from(network);
            let name = reference["name"].str();
            if !identity && !network {
                let will = format!("refuse the policy: {name} is of a kind and group that it cannot ask for");
                report.at(
                    policy,
                    reference,
                    will,
                    "`group: policy.linkerd.io` and MeshTLSAuthentication or NetworkAuthentication",
                );
            } else if identity && identities == 2 || network && networks == 2 {
                let will = "refuse the policy: one identity and one network is all that it may ask for";
                report.at(
                    policy,
                    reference,
                    will,
                    "one MeshTLSAuthentication that names all who may come, or two policies",
                );
            } else if is_missing(bundle, &policy.namespace, reference) {
                let will = format!("let nobody in by this policy: there is no {} {name}", reference["kind"].str());
                report.at(policy, &reference["name"], will, "the name of one that is there, with its namespace");
            }
        }
    }
}

/// Missing where the bundle shows others of its kind in that namespace.
fn is_missing(bundle: &Bundle, own: &str, reference: &Node) -> bool {
    let namespace = reference["namespace"].text().unwrap_or(own);
    let mut known = bundle.of(POLICY, reference["kind"].str()).filter(|it| *it.namespace == *namespace).peekable();
    known.peek().is_some() && !known.any(|it| &*it.name == reference["name"].str())
}
