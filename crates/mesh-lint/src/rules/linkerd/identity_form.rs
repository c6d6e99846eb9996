//! Is each identity written in full?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-identity-form",
    severity: Severity::Error,
    title: "an identity that is not written in full",
    reason: "An identity reads `<account>.<namespace>.serviceaccount.identity.<control plane's namespace>.<trust \
             domain>`. A shorter one is a valid name for the webhook and nobody's identity, so whom it was to admit \
             gets 403; a star stands for all only as the first part.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identities: [api-gateway.shop] # <-
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: api-gateway}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.of(POLICY, "MeshTLSAuthentication") {
        for identity in object["spec"]["identities"].items() {
            let text = identity.str();
            let starred = text.strip_prefix('*').unwrap_or(text).contains('*');
            let whole = text == "*"
                || text.starts_with("spiffe://")
                || text.starts_with("*.")
                || text.contains(".serviceaccount.identity.");
            if starred {
                report.at(object, identity, format!("refuse it: {text} has a star in the middle"), INSTEAD);
            } else if !whole {
                report.at(object, identity, format!("admit nobody by it: no caller's identity is {text:?}"), INSTEAD);
            }
        }
    }
}

const INSTEAD: &str = "identityRefs with kind, name and namespace of the ServiceAccount, which need no trust domain";
