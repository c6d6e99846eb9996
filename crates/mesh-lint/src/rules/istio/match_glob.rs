//! Is a star meant as a pattern where it is a character?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::http_rules;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-match-glob",
    severity: Severity::Error,
    title: "a star in a condition that knows no patterns",
    reason: "`exact` and `prefix` compare characters: `/api/*` matches a path that holds a star and no other. The rule \
             is accepted and takes no request.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match:
    - uri: {prefix: /orders/*} # <-
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
  - match:
    - uri: {prefix: /orders/}
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, rule) in http_rules(bundle) {
        for condition in rule["match"].items() {
            let simple = [&condition["uri"], &condition["authority"], &condition["method"]].into_iter();
            let headers = condition["headers"].entries().iter().map(|entry| &entry.value);
            for node in simple.chain(headers).flat_map(|it| [&it["exact"], &it["prefix"]]) {
                if node.str().contains('*') && node.str() != "*" {
                    let will = format!("take only what literally holds {:?}", node.str());
                    report.at(object, node, will, "`prefix` without the star, or `regex`");
                }
            }
        }
    }
}
