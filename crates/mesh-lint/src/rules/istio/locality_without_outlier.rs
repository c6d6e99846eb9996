//! Does failover by locality notice that something failed?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::NETWORKING;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-locality-without-outlier",
    severity: Severity::Error,
    title: "failover between localities without outlier detection",
    reason: "Envoy moves requests to another locality when it finds the endpoints of its own unhealthy, and it is \
             outlier detection that finds that. Without it the setting is accepted, and requests stay with a zone that \
             fails.",
    reference: "https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/failover/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    loadBalancer:
      localityLbSetting: {failover: [{from: eu, to: us}]} # <-
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    loadBalancer:
      localityLbSetting: {failover: [{from: eu, to: us}]}
    outlierDetection: {consecutive5xxErrors: 5}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let policy = &rule["spec"]["trafficPolicy"];
        let setting = &policy["loadBalancer"]["localityLbSetting"];
        let fails_over = !setting["failover"].items().is_empty() || !setting["failoverPriority"].items().is_empty();
        if fails_over && !policy["outlierDetection"].exists() {
            let will = "stay with the endpoints of its own locality, healthy or not";
            report.at(rule, setting, will, "`outlierDetection` in the same `trafficPolicy`");
        }
    }
}
