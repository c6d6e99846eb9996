//! Is there each account that a policy admits?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-identity-unknown",
    severity: Severity::Error,
    title: "a policy admits a ServiceAccount that is not there",
    reason: "An identity is made of a ServiceAccount and its namespace, and policies name it as a text or by \
             reference. Nothing checks that the account exists; a misspelt one, or one without its namespace, is an \
             identity that nobody has, and the caller gets 403.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: gateway}] # <-
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api-gateway, namespace: shop}
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  identityRefs: [{kind: ServiceAccount, name: api-gateway}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: api-gateway, namespace: shop}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.of(POLICY, "MeshTLSAuthentication") {
        for reference in object["spec"]["identityRefs"].items().iter().filter(|it| it["kind"].str() == "ServiceAccount")
        {
            let namespace = reference["namespace"].text().unwrap_or(&object.namespace);
            say(bundle, report, object, &reference["name"], (reference["name"].str(), namespace));
        }
        for identity in object["spec"]["identities"].items() {
            let mut parts = identity.str().split('.');
            let Some(account) = parts.next().zip(parts.next()) else { continue };
            if parts.next() == Some("serviceaccount") && account.0 != "*" {
                say(bundle, report, object, identity, account);
            }
        }
    }
    for policy in bundle.of(POLICY, "AuthorizationPolicy") {
        let references = policy["spec"]["requiredAuthenticationRefs"].items().iter();
        for reference in references.filter(|it| it["kind"].str() == "ServiceAccount") {
            let namespace = reference["namespace"].text().unwrap_or(&policy.namespace);
            say(bundle, report, policy, &reference["name"], (reference["name"].str(), namespace));
        }
    }
}

fn say<'a>(bundle: &Bundle, report: &mut Report<'a>, object: &'a Object, node: &Node, (name, namespace): (&str, &str)) {
    let mut known = bundle.of("", "ServiceAccount").filter(|it| *it.namespace == *namespace).peekable();
    if name != "default" && known.peek().is_some() && !known.any(|it| *it.name == *name) {
        report.at(
            object,
            node,
            format!("admit an identity that nobody has: {namespace} has no ServiceAccount {name}"),
            "the account of the caller's pods, and its namespace",
        );
    }
}
