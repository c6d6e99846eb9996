//! Is each subset that a route names defined by a DestinationRule?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{destination_rules, destinations};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-subset-missing",
    severity: Severity::Error,
    title: "a route names a subset that no DestinationRule defines",
    reason: "A subset is a name that only a DestinationRule of the same host gives. The API server accepts a VirtualService that \
             names one which is not there; Envoy then has no cluster of that name, and each request that the route takes is \
             answered with 503 and the flag NC, without an attempt.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - destination:
        host: order-service.shop.svc.cluster.local
        subset: v3 # <-
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - destination:
        host: order-service.shop.svc.cluster.local
        subset: v2
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, destination) in destinations(bundle) {
        let subset = &destination["subset"];
        let Some(host) = Host::of(destination["host"].str(), &object.namespace) else { continue };
        if subset.is_null() {
            continue;
        }
        let rules: Vec<_> = destination_rules(bundle, host).collect();
        // A bundle that has neither the rule nor the Service does not show what else the cluster has.
        let judged = !rules.is_empty() || host.service(bundle).is_some();
        if judged && !rules.iter().any(|rule| defines(rule, subset.str())) {
            report.at(
                object,
                subset,
                format!(
                    "answer 503 (flag NC) to each request of this route: {} has no subset {}",
                    host.full(),
                    subset.str()
                ),
                "a subset that the DestinationRule of the host defines, or define this one there first",
            );
        }
    }
}

fn defines(rule: &Object, subset: &str) -> bool {
    rule["spec"]["subsets"].items().iter().any(|it| it["name"].str() == subset)
}
