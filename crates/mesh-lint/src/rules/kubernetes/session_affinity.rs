//! Does a Service ask for affinity that a sidecar does not keep?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-session-affinity",
    severity: Severity::Warning,
    title: "a Service asks for session affinity, which sidecars do not keep",
    reason: "`sessionAffinity: ClientIP` is done by kube-proxy. A caller with a sidecar never gets there: the sidecar \
             chooses the pod itself, for each request, and reads this field in neither mesh. Istio has `consistentHash` \
             in a DestinationRule instead, Linkerd has nothing.",
    reference: "https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  sessionAffinity: ClientIP # <-
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    loadBalancer: {consistentHash: {httpHeaderName: x-user}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let affinity = &service.object["spec"]["sessionAffinity"];
        if affinity.str() == "ClientIP" {
            let will = "send the requests of one caller to all pods, since its sidecar chooses for each of them";
            report.at(service.object, affinity, will, "state outside of the pods; under Istio also `consistentHash`");
        }
    }
}
