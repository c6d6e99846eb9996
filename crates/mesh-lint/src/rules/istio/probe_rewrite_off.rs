//! Do the kubelet's probes get through?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::mtls;
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-probe-rewrite-off",
    severity: Severity::Error,
    title: "probes are not rewritten where plaintext is refused",
    reason: "The kubelet has no certificate. Istio leads its probes to the agent, which asks the process itself; with \
             the rewriting switched off they arrive as plaintext from a stranger, STRICT resets them, a deny policy \
             answers 403, and the pods never become ready.",
    reference: "https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/",
    bad: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        sidecar.istio.io/rewriteAppHTTPProbers: "false" # <-
    spec:
      containers:
      - name: order-service
        readinessProbe: {httpGet: {path: /readyz, port: 9082}}
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: order-service
        readinessProbe: {httpGet: {path: /readyz, port: 9082}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let off = &workload.annotations()["sidecar.istio.io/rewriteAppHTTPProbers"];
        let probes = ["startupProbe", "readinessProbe", "livenessProbe"];
        let probed = workload.containers().any(|it| probes.iter().any(|probe| asks_the_process(&it[probe])));
        if off.str() == "false" && probed && mtls(bundle, &workload.object.namespace) == Some("STRICT") {
            report.at(
                workload.object,
                off,
                "reset each probe, so that the pods never become ready",
                "no such annotation",
            );
        }
    }
}

fn asks_the_process(probe: &Node) -> bool {
    ["httpGet", "tcpSocket", "grpc"].iter().any(|it| probe[it].exists())
}
