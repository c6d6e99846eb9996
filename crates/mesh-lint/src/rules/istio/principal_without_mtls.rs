//! Do callers have an identity that a policy can ask for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{ROOT, SECURITY, mtls, namespace_mtls, selected};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-principal-without-mtls",
    severity: Severity::Error,
    title: "a policy asks for identities where mTLS is off",
    reason: "The caller's principal and namespace come from its certificate. With mTLS disabled there is none: an ALLOW \
             by principal admits nobody, a DENY by principal or namespace denies nobody.",
    reference: "https://istio.io/latest/docs/concepts/security/#authorization-policies",
    bad: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: DISABLE}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/api-gateway] # <-
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
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
    let policies = bundle.of(SECURITY, "AuthorizationPolicy");
    for policy in policies.filter(|policy| is_off(bundle, policy)) {
        let sources =
            policy["spec"]["rules"].items().iter().flat_map(|rule| rule["from"].items()).map(|it| &it["source"]);
        let fields = ["principals", "notPrincipals", "namespaces", "notNamespaces", "serviceAccounts"];
        for node in sources.flat_map(|source| fields.iter().map(move |field| &source[field])).filter(|it| it.exists()) {
            report.at(
                policy,
                node,
                "know no caller here: mTLS is disabled, so nobody shows a certificate",
                "`mode: STRICT`",
            );
        }
    }
}

/// Whether no port of the pods that a policy is about knows mTLS, or the namespace as a whole where none are shown.
fn is_off(bundle: &Bundle, policy: &Object) -> bool {
    let mut pods = selected(bundle, policy).peekable();
    if *policy.namespace == *ROOT || pods.peek().is_none() {
        return namespace_mtls(bundle, &policy.namespace) == Some("DISABLE");
    }
    pods.all(|it| ports(it).all(|port| mtls(bundle, it, port) == Some("DISABLE")))
}

/// The ports that a workload says to listen on, and no port in particular, which is all that it does not say.
fn ports(workload: Workload<'_>) -> impl Iterator<Item = Option<i64>> {
    std::iter::once(None).chain(workload.ports().map(|port| port["containerPort"].int()))
}
