//! Is a DestinationRule about a host that exists?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, host_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-destination-rule-host",
    severity: Severity::Error,
    title: "a DestinationRule is about a host that is not there",
    reason: "istiod accepts a rule for any host. If no Service has the name, its subsets do not exist and its breaker \
             is never built; short names are completed with the rule's own namespace.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: orders-service.shop.svc.cluster.local # <-
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let node = &rule["spec"]["host"];
        let Some(host) = host_of(rule) else { continue };
        let entered = [node.str(), &host.full()].iter().any(|name| bundle.has_entry(name));
        if !entered && bundle.lacks_service(rule, host.namespace, host.name) {
            let will = format!("apply this rule to nothing: there is no {}", host.full());
            report.at(rule, node, will, "the full name of a Service");
        }
    }
}
