//! Does a path of a policy begin as the paths of requests do?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::SECURITY;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-path-relative",
    severity: Severity::Error,
    title: "a path of a policy without a slash at its start",
    reason: "A path is compared with the whole path of a request, and that begins with a slash. `users` matches none: \
             an ALLOW lets nobody in (observed), a DENY is no protection.",
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
        paths: [users, users/*] # <-
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
        paths: [/users, /users/*]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "AuthorizationPolicy") {
        let operations = policy["spec"]["rules"].items().iter().flat_map(|rule| rule["to"].items());
        let paths = operations.flat_map(|to| [&to["operation"]["paths"], &to["operation"]["notPaths"]]);
        for path in paths.flat_map(Node::items).filter(|path| !path.str().starts_with(['/', '*', '{'])) {
            let will = format!("find no request whose path is {:?}: paths begin with a slash", path.str());
            report.at(policy, path, will, format!("/{}", path.str()));
        }
    }
}
