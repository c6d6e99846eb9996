//! Does every rule of a VirtualService get requests?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{is_catch_all, virtual_services};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-rule-unreachable",
    severity: Severity::Error,
    title: "a rule stands behind one that takes all its requests",
    reason: "Rules are tried in their order and the first that matches takes the request. What stands behind a rule \
             without conditions is accepted and never used, and so is `/api/v2` behind the prefix `/api`. The \
             specific ones go first.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0130/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
  - match: [{headers: {x-canary: {exact: v2}}}] # <-
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{headers: {x-canary: {exact: v2}}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle) {
        let mut before: Vec<&Node> = Vec::new();
        let mut all_taken = false;
        for rule in object["spec"]["http"].items() {
            if all_taken || is_shadowed(rule, &before) {
                let who = if all_taken { "takes every request" } else { "takes a shorter prefix of its path" };
                let will = format!("never use this rule: one before it {who}");
                report.at(object, rule, will, "this rule before the other");
            }
            // What the rules of a delegate do not match goes on to the next rule.
            if !rule["delegate"].exists() {
                all_taken |= is_catch_all(rule);
                before.extend(rule["match"].items().iter().filter(|it| is_path_alone(it)));
            }
        }
    }
}

/// Whether each condition of a rule is behind a prefix of its path. One that is behind the same condition is a repeated one,
/// which another rule tells.
fn is_shadowed(rule: &Node, before: &[&Node]) -> bool {
    let conditions = rule["match"].items();
    let repeats = |it: &Node| is_path_alone(it) && before.iter().any(|earlier| is_same(earlier, it));
    let covered = |it: &Node| before.iter().any(|earlier| covers(earlier, it));
    !conditions.is_empty() && conditions.iter().all(covered) && !conditions.iter().all(repeats)
}

fn is_path_alone(condition: &Node) -> bool {
    condition.entries().iter().all(|entry| matches!(&*entry.key, "uri" | "name" | "ignoreUriCase" | "statPrefix"))
}

/// Whether two conditions on the path alone ask for one prefix.
fn is_same(one: &Node, other: &Node) -> bool {
    let prefix = |it: &Node| it["uri"]["prefix"].text().map(ToOwned::to_owned);
    prefix(one).is_some()
        && prefix(one) == prefix(other)
        && one["ignoreUriCase"].bool() == other["ignoreUriCase"].bool()
}

/// Whether a condition on the path alone takes all that another takes.
fn covers(earlier: &Node, later: &Node) -> bool {
    let Some(prefix) = earlier["uri"]["prefix"].text() else { return false };
    let Some(path) = later["uri"]["prefix"].text().or(later["uri"]["exact"].text()) else { return false };
    let any_case = |condition: &Node| condition["ignoreUriCase"].bool() == Some(true);
    match (any_case(earlier), any_case(later)) {
        (true, _) => path.to_lowercase().starts_with(&prefix.to_lowercase()),
        (false, true) => false,
        (false, false) => path.starts_with(prefix),
    }
}
