//! Does every rule of a VirtualService get requests?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{is_catch_all, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-rule-unreachable",
    severity: Severity::Error,
    title: "a rule stands behind one that takes everything",
    reason: "Rules are tried in their order and the first that matches takes the request. What stands behind a rule \
             without conditions is accepted and never used, so the specific ones go first.",
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
        let rules = object["spec"]["http"].items();
        if let Some(last) = rules.iter().position(is_catch_all) {
            for rule in &rules[last + 1..] {
                report.at(
                    object,
                    rule,
                    "never use this rule: one before it takes every request",
                    "this rule before the other",
                );
            }
        }
    }
}
