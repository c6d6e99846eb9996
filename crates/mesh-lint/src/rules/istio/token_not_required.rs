//! Does anything require the token that is checked?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{ROOT, SECURITY};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-token-not-required",
    severity: Severity::Warning,
    title: "tokens are checked and none is required",
    reason: "A RequestAuthentication refuses bad tokens. A request without one goes on, unauthenticated, until an \
             AuthorizationPolicy asks for `requestPrincipals`. Alone it protects nothing.",
    reference: "https://istio.io/latest/docs/tasks/security/authentication/authn-policy/#require-a-valid-token",
    bad: r#"
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  selector: {matchLabels: {app: api-gateway}}
  jwtRules: # <-
  - {issuer: shop, jwksUri: https://shop.example.com/jwks.json}
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: api-gateway, namespace: shop}
spec:
  selector: {matchLabels: {app: api-gateway}}
  jwtRules:
  - {issuer: shop, jwksUri: https://shop.example.com/jwks.json}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: api-gateway}}
  rules:
  - from:
    - source:
        requestPrincipals: [shop/*]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for authentication in bundle.of(SECURITY, "RequestAuthentication") {
        let policies = bundle.of(SECURITY, "AuthorizationPolicy");
        let near = policies.filter(|it| it.namespace == authentication.namespace || &*it.namespace == ROOT);
        let rules = &authentication["spec"]["jwtRules"];
        if !rules.items().is_empty() && !near.into_iter().any(requires_token) {
            let will = "let requests without a token pass";
            report.at(authentication, rules, will, "an AuthorizationPolicy with `requestPrincipals` for the same pods");
        }
    }
}

fn requires_token(policy: &Object) -> bool {
    // Another authorizer looks at the request itself.
    let custom = policy["spec"]["action"].str() == "CUSTOM";
    custom
        || policy["spec"]["rules"].items().iter().any(|rule| {
            let sources = rule["from"].items().iter().map(|it| &it["source"]);
            let asked =
                sources.into_iter().any(|it| it["requestPrincipals"].exists() || it["notRequestPrincipals"].exists());
            asked || rule["when"].items().iter().any(|it| it["key"].str().starts_with("request.auth"))
        })
}
