//! Does a path of a policy mean what it looks like?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::SECURITY;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-path",
    severity: Severity::Error,
    title: "a path of a policy with a star in the middle",
    reason: "In `paths` a star counts at the very start or the very end. In the middle it is a character, so \
             `/users/*/orders` matches that text alone: an ALLOW lets nobody in, a DENY is no protection. One segment \
             is written `{*}`.",
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
        paths: [/users/*/orders] # <-
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
        paths: ["/users/{*}/orders"]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "AuthorizationPolicy") {
        let operations = policy["spec"]["rules"].items().iter().flat_map(|rule| rule["to"].items());
        let paths = operations.flat_map(|to| [&to["operation"]["paths"], &to["operation"]["notPaths"]]);
        for path in paths.flat_map(Node::items) {
            let plain = path.str().replace("{*}", "").replace("{**}", "");
            let inner = plain.strip_prefix('*').unwrap_or(&plain);
            let inner = inner.strip_suffix('*').unwrap_or(inner);
            // A star at both ends is one too many as well.
            if inner.contains('*') || plain.len() > 1 && plain.starts_with('*') && plain.ends_with('*') {
                let will = format!("compare with the text {:?}, star and all", path.str());
                report.at(policy, path, will, "`{*}` for one segment, `{**}` for several");
            }
        }
    }
}
