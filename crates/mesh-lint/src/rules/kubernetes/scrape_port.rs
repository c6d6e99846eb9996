//! Are metrics asked for at a port that the pods have?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-scrape-port",
    severity: Severity::Warning,
    title: "metrics are scraped at a port that the pods do not have",
    reason: "`prometheus.io/port` is a text that nobody checks. Prometheus gets refused connections, and Istio's agent, \
             which merges the process' metrics with its own, answers without them and logs a line. The panels stay \
             empty.",
    reference: "https://istio.io/latest/docs/ops/integrations/prometheus/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9081" # <-
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9082"
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let annotations = workload.annotations();
        let port = &annotations["prometheus.io/port"];
        if annotations["prometheus.io/scrape"].str() != "true" || port.is_null() || workload.ports().next().is_none() {
            continue;
        }
        // The sidecars' own ports are no ports of the manifest.
        let of_a_sidecar = port.int().is_some_and(|port| (15000..=15099).contains(&port) || port == 4191);
        if workload.port(port).is_none() && !of_a_sidecar {
            let will = format!("ask port {} for metrics, where nothing is declared to listen", port.str());
            report.at(workload.object, port, will, "the number of the container's port that serves /metrics");
        }
    }
}
