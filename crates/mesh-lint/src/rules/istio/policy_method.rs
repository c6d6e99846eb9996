//! Is a method of a policy one that requests have?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::SECURITY;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-method",
    severity: Severity::Error,
    title: "a method of a policy in lower case",
    reason: "Methods are compared letter by letter, and requests have them in capitals. `get` matches no request: an \
             ALLOW lets nobody in, a DENY is no protection. Both observed.",
    reference: "https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation",
    bad: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - to:
    - operation:
        methods: [get] # <-
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - to:
    - operation:
        methods: [GET]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "AuthorizationPolicy") {
        let operations = policy["spec"]["rules"].items().iter().flat_map(|rule| rule["to"].items());
        let methods = operations.flat_map(|to| [&to["operation"]["methods"], &to["operation"]["notMethods"]]);
        for method in methods.flat_map(Node::items).filter(|it| it.str().contains(|it: char| it.is_ascii_lowercase())) {
            let will = format!("find no request whose method is {}", method.str());
            report.at(policy, method, will, method.str().to_ascii_uppercase());
        }
    }
}
