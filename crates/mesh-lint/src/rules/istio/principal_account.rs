//! Is there an account for each principal?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::GATEWAY_API;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::SECURITY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-principal-account",
    severity: Severity::Error,
    title: "a policy admits an account that is not there",
    reason: "A principal is compared as text, so a misspelt account is accepted and nobody has it: the caller that was \
             meant gets `RBAC: access denied`.",
    reference: "https://istio.io/latest/docs/concepts/security/#authorization-policies",
    bad: r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: api-gateway, namespace: shop}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/gateway] # <-
"#,
    good: r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: api-gateway, namespace: shop}
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
    for admitted in bundle.admitted_accounts().into_iter().filter(|it| it.object.is(SECURITY, "AuthorizationPolicy")) {
        let (namespace, name) = (admitted.namespace, admitted.name);
        let known = bundle.of("", "ServiceAccount").any(|it| *it.namespace == *namespace);
        let exists = name == "default" || bundle.named("ServiceAccount", namespace, name).next().is_some();
        // Istio makes an account for each Gateway of the Gateway API.
        let made =
            bundle.of(GATEWAY_API, "Gateway").any(|it| name.starts_with(&*it.name) && *it.namespace == *namespace);
        if known && !exists && !made {
            let will = format!("admit nobody by this: there is no ServiceAccount {name} in {namespace}");
            report.at(admitted.object, admitted.node, will, "the `serviceAccountName` of the caller's pods");
        }
    }
}
