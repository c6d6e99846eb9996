//! Is a split written in what Linkerd reads?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-traffic-split",
    severity: Severity::Warning,
    title: "a TrafficSplit, which Linkerd itself does not read",
    reason: "SMI is retired. Linkerd itself stopped reading TrafficSplits with 2.12; only its SMI extension turns \
             them into something that it knows, and that is deprecated too. Without the extension the object, where \
             its CRD is left over, is accepted and all requests go to the apex.",
    reference: "https://linkerd.io/2/tasks/linkerd-smi/",
    bad: r#"
apiVersion: split.smi-spec.io/v1alpha2
kind: TrafficSplit # <-
metadata: {namespace: shop}
spec:
  service: order-service
  backends: [{service: order-service-v1, weight: 90}, {service: order-service-v2, weight: 10}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082, weight: 90}, {name: order-service-v2, port: 8082, weight: 10}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.of("split.smi-spec.io", "TrafficSplit") {
        report.at(
            object,
            &object["kind"],
            "send all requests to the apex Service unless the deprecated SMI extension is there",
            "an HTTPRoute with the Service as its parent and weights at its backends",
        );
    }
}
