//! Can Prometheus read what it is told to scrape?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Scrape;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::refusal;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-scrape-refused",
    severity: Severity::Error,
    title: "metrics are scraped at a port that refuses whoever has no certificate",
    reason: "A port of the process is behind the sidecar, a separate one for metrics too. Under STRICT a Prometheus \
             without a certificate is reset there, and an ALLOW policy that admits others, or nobody, answers 403 \
             (observed). Istio's agent serves the same metrics on 15020, beside the mesh, and a port can be taken out \
             of the redirection.",
    reference: "https://istio.io/latest/docs/ops/integrations/prometheus/",
    bad: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  podMetricsEndpoints:
  - port: admin # <-
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
      - name: app
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  podMetricsEndpoints:
  - {port: http-envoy-prom, path: /stats/prometheus}
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
      - name: app
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for scrape in bundle.scrapes().into_iter().filter(|it| !is_merged(*it)) {
        if let Some(refusal) = refusal(bundle, scrape.workload, scrape.port, scrape.path) {
            let will = format!("{refusal} each scrape, which shows no certificate");
            report.at(scrape.object, scrape.node, will, INSTEAD);
        }
    }
}

const INSTEAD: &str = "port `http-envoy-prom` with merged metrics, or `traffic.sidecar.istio.io/excludeInboundPorts`";

/// Istio leads whoever reads the pods' annotations to the agent, unless it is told not to.
fn is_merged(scrape: Scrape<'_>) -> bool {
    scrape.is_annotated() && scrape.workload.annotations()["prometheus.istio.io/merge-metrics"].str() != "false"
}
