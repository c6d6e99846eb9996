//! Does a rule repeat the condition of an earlier one?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::virtual_services;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-rule-repeated",
    severity: Severity::Error,
    title: "a rule has the condition of an earlier one",
    reason: "The first rule that matches takes the request, so a second one with the same condition is accepted and \
             never used. Its timeout, retries and weights hold for nobody.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0131/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{headers: {x-canary: {exact: v2}}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - timeout: 3s
    match: # <-
    - headers: {x-canary: {exact: v2}}
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - timeout: 3s
    match: [{headers: {x-canary: {exact: v2}}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle) {
        let mut seen = Vec::new();
        for rule in object["spec"]["http"].items() {
            let conditions: Vec<_> = rule["match"].items().iter().map(canonical).collect();
            if !conditions.is_empty() && conditions.iter().all(|condition| seen.contains(condition)) {
                report.at(
                    object,
                    &rule["match"],
                    "never use this rule: an earlier one has its condition",
                    "one rule for both",
                );
            }
            seen.extend(conditions);
        }
    }
}

/// A condition as a text that is equal for equal ones; names of conditions do not count.
fn canonical(node: &Node) -> String {
    let named = node.entries().iter().filter(|entry| &*entry.key != "name");
    let mut parts: Vec<_> = named.map(|entry| format!("{}:{}", entry.key, canonical(&entry.value))).collect();
    parts.extend(node.items().iter().map(canonical));
    parts.sort_unstable();
    node.text().map_or_else(|| format!("{{{}}}", parts.join(",")), ToOwned::to_owned)
}
