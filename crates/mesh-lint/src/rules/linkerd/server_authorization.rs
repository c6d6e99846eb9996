//! Is it said in the current way who may call?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-authorization",
    severity: Severity::Warning,
    title: "a ServerAuthorization, which AuthorizationPolicy has replaced",
    reason: "ServerAuthorization is still served and knows only whole Servers: it cannot be for a route, and no new \
             kind of caller will come to it. Beside an AuthorizationPolicy for the same Server either of them lets \
             callers in, which is easily overlooked when one is tightened.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization # <-
metadata: {namespace: shop}
spec:
  server: {name: order-service}
  client: {meshTLS: {serviceAccounts: [{name: api-gateway}]}}
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
    for object in bundle.of(POLICY, "ServerAuthorization") {
        report.at(
            object,
            &object["kind"],
            "go on reading it beside AuthorizationPolicies: a caller needs only one of the two",
            "AuthorizationPolicy with MeshTLSAuthentication or NetworkAuthentication",
        );
    }
}
