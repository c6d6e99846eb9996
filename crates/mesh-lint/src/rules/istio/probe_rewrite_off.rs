//! Do the kubelet's probes get through?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::refusal;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-probe-rewrite-off",
    severity: Severity::Error,
    title: "probes are not rewritten where whoever has no certificate is refused",
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
        let mut probes = probed(workload).into_iter().filter(|_| off.str() == "false");
        if let Some(refusal) = probes.find_map(|(port, path)| refusal(bundle, workload, port, path)) {
            let will = format!("{refusal} each probe, so that the pods never become ready");
            report.at(workload.object, off, will, "no such annotation");
        }
    }
}

/// The ports and paths that are asked for. A connection alone, as `tcpSocket` makes it, is taken before anybody refuses.
fn probed(workload: Workload<'_>) -> Vec<(i64, &str)> {
    let kinds = ["startupProbe", "readinessProbe", "livenessProbe"];
    let probes = workload.containers().flat_map(|it| kinds.map(|kind| &it[kind]));
    let asked = probes.flat_map(|probe| [&probe["httpGet"], &probe["grpc"]]).filter(|it| it.exists());
    asked
        .filter_map(|it| {
            let named = || workload.port(&it["port"])?["containerPort"].int();
            Some((it["port"].int().or_else(named)?, it["path"].text().unwrap_or("/")))
        })
        .collect()
}
