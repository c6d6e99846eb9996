//! Can the pods of a meshed namespace have a sidecar?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-host-network",
    severity: Severity::Warning,
    title: "pods on the host network get no sidecar",
    reason: "Both injectors leave pods with `hostNetwork: true` alone, because redirecting their traffic would redirect \
             that of the node. Such a pod calls in plaintext and without an identity: under STRICT or a deny policy it \
             is refused.",
    reference: "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      hostNetwork: true # <-
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let network = &workload.spec()["hostNetwork"];
        if network.bool() == Some(true) && bundle.is_meshed(workload) {
            let will = "run these pods without a sidecar: no mTLS, no identity, no routes";
            report.at(
                workload.object,
                network,
                will,
                "pods on the pod network, or `inject: disabled` to say that it is meant",
            );
        }
    }
}
