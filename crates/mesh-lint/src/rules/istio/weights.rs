//! Do weights that look like percent add up to a hundred?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::odd_sum;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::http_rules;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-weights",
    severity: Severity::Warning,
    title: "weights look like percent and do not add up to 100",
    reason: "Weights are shares of their sum, so any sum is accepted: 90 and 20 mean 82 % and 18 %, which is what nobody \
             wrote; usually one of two numbers was edited. Unequal weights of at most 100 of which one is 20 or more \
             are taken for percent. A ratio is told from them by being short: 2 and 1, not 20 and 10.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route: # <-
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 90}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 20}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 90}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 10}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, rule) in http_rules(bundle) {
        let weights: Vec<_> = rule["route"].items().iter().filter_map(|route| route["weight"].int()).collect();
        if let Some(sum) = odd_sum(&weights) {
            let will = format!("send shares of {sum}, not of 100: {weights:?}");
            report.at(object, &rule["route"], will, "weights that add up to 100");
        }
    }
}
