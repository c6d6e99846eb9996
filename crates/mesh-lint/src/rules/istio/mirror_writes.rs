//! Are writes copied to the mirror?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::http_rules;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-mirror-writes",
    severity: Severity::Warning,
    title: "writes are mirrored",
    reason: "A mirrored request is a whole request: a POST that is copied writes a second time, into the same database \
             if both releases share it. The answer is thrown away, so nobody sees it.",
    reference: "https://istio.io/latest/docs/tasks/traffic-management/mirroring/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
    mirrors: # <-
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
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
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
    mirrors:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, rule) in http_rules(bundle) {
        let matches = rule["match"].items();
        let reads = !matches.is_empty() && matches.iter().all(|it| it["method"].exists());
        for node in [&rule["mirror"], &rule["mirrors"]].into_iter().filter(|it| it.exists() && !reads) {
            let will = "send each write to the mirror too, which carries it out a second time";
            report.at(object, node, will, "the mirror in a rule with `match: [{method: {regex: GET|HEAD}}]`");
        }
    }
}
