//! Do reads and writes of a split follow the same weights?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::twin_keys;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::virtual_services;
use crate::yaml::Node;
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-twin-weights",
    severity: Severity::Warning,
    title: "two rules that differ only in the method have different weights",
    reason: "Retries cannot be limited to a method, so reads and writes get a rule each, and each repeats the weights. \
             A step of a canary that edits only one of them leaves the other where it was: dashboards show a share that \
             nobody wrote.",
    reference: "https://istio.io/latest/docs/tasks/traffic-management/traffic-shifting/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {regex: GET|HEAD}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 50}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 50}
  - retries: {attempts: 0}
    route: # <-
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 90}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 10}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {regex: GET|HEAD}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 50}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 50}
  - retries: {attempts: 0}
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 50}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 50}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle) {
        let mut first: HashMap<String, Vec<Share<'a>>> = HashMap::new();
        for rule in object["spec"]["http"].items().iter().filter(|rule| !rule["route"].items().is_empty()) {
            let shares = shares(rule);
            for key in twin_keys(&rule["match"]) {
                if *first.entry(key).or_insert_with(|| shares.clone()) != shares {
                    let will = "split these requests in other shares than those of another method";
                    report.at(object, &rule["route"], will, "the same weights in both rules");
                    break;
                }
            }
        }
    }
}

type Share<'a> = (&'a str, &'a str, i64);

fn shares(rule: &Node) -> Vec<Share<'_>> {
    let routes = rule["route"].items();
    // One destination gets everything, whatever its weight.
    let weight = |route: &Node| if routes.len() == 1 { 1 } else { route["weight"].int().unwrap_or(0) };
    let total: i64 = routes.iter().map(weight).sum();
    let share = |route| weight(route).saturating_mul(1000) / total.max(1);
    let named = routes.iter().map(|it| (it["destination"]["host"].str(), it["destination"]["subset"].str(), share(it)));
    let mut shares: Vec<_> = named.filter(|(_, _, share)| *share > 0).collect();
    shares.sort_unstable();
    shares
}
