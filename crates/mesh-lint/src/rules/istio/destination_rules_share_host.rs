//! Does each host have one DestinationRule?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, compete, destination_rules, host_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-destination-rules-share-host",
    severity: Severity::Error,
    title: "two DestinationRules are about one host",
    reason: "Of several rules for one host in a namespace Istio joins the subsets, but takes the policy of the first \
             and ignores those of the others. Of rules in several namespaces a caller sees one: that of its own \
             namespace before that of the Service's, and then the Service's subsets are gone.",
    reference: "https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service-breaker, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local # <-
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
    outlierDetection: {consecutive5xxErrors: 5}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule").filter(|it| it["spec"]["trafficPolicy"].exists()) {
        let Some(host) = host_of(rule) else { continue };
        let mut before = destination_rules(bundle, host).take_while(|other| !std::ptr::eq(*other, rule));
        let other = before.find(|other| {
            let same = other.name == rule.name && other.namespace == rule.namespace;
            let narrower = other["spec"]["workloadSelector"].exists() || rule["spec"]["workloadSelector"].exists();
            !same
                && !narrower
                && bundle.together(other, rule)
                && compete(other, rule)
                && (other["spec"]["trafficPolicy"].exists() || other.namespace != rule.namespace)
        });
        if let Some(other) = other {
            let will = format!("use only one of the policies of this and {}", other.title());
            report.at(rule, &rule["spec"]["host"], will, "policy and subsets of the host in one DestinationRule");
        }
    }
}
