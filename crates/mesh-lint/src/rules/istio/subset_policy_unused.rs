//! Does any route use the policy of a subset?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, destinations, host_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-subset-policy-unused",
    severity: Severity::Warning,
    title: "the policy of a subset that no route names",
    reason: "A subset's `trafficPolicy` is used by routes that name the subset and by nothing else. Without such a \
             route the breaker or the limit that stands there guards nothing. Observed: the sidecar has the subset as a \
             cluster with its limit, and none of its requests went there.",
    reference: "https://istio.io/latest/docs/reference/config/networking/destination-rule/#Subset",
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
  host: order-service.shop.svc.cluster.local
  subsets:
  - name: v2
    labels: {version: v2}
    trafficPolicy: # <-
      connectionPool: {http: {maxRetries: 1}}
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
  subsets:
  - name: v2
    labels: {version: v2}
    trafficPolicy:
      connectionPool: {http: {maxRetries: 1}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.of(NETWORKING, "DestinationRule") {
        let Some(host) = host_of(rule).filter(|host| host.service(bundle).is_some()) else { continue };
        for subset in rule["spec"]["subsets"].items().iter().filter(|it| it["trafficPolicy"].exists()) {
            let name = subset["name"].str();
            let used = destinations(bundle).any(|(object, it)| {
                it["subset"].str() == name && Host::of(it["host"].str(), &object.namespace) == Some(host)
            });
            if !used {
                let will = format!("never apply this policy: no route names subset {name}");
                report.at(
                    rule,
                    &subset["trafficPolicy"],
                    will,
                    "the policy at the top of the rule, or a route to the subset",
                );
            }
        }
    }
}
