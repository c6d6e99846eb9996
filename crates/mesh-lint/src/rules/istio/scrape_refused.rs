//! Can Prometheus read what it is told to scrape?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Workload, match_labels};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::mtls;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-scrape-refused",
    severity: Severity::Error,
    title: "metrics are scraped in plaintext at a port that takes none",
    reason: "A port of the process is behind the sidecar, a separate one for metrics too. Under STRICT a Prometheus \
             without a certificate is reset there. Istio's agent serves the same metrics on 15020, beside the mesh, and \
             a port can be taken out of the redirection.",
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
    for monitor in bundle.of("monitoring.coreos.com", "PodMonitor") {
        let selected = bundle.workloads_in(&monitor.namespace);
        let selected: Vec<_> = selected.filter(|it| match_labels(&monitor["spec"]["selector"], it.labels())).collect();
        let strict = mtls(bundle, &monitor.namespace) == Some("STRICT");
        for endpoint in
            monitor["spec"]["podMetricsEndpoints"].items().iter().filter(|it| strict && !it["tlsConfig"].exists())
        {
            let port = if endpoint["port"].exists() { &endpoint["port"] } else { &endpoint["targetPort"] };
            let behind = |workload: &Workload<'_>| {
                let number = workload.port(port).map(|it| it["containerPort"].str());
                let open = workload.annotations()["traffic.sidecar.istio.io/excludeInboundPorts"].str();
                number.is_some_and(|number| !open.split(',').any(|it| it.trim() == number))
            };
            if selected.iter().any(behind) {
                let instead =
                    "port `http-envoy-prom` with merged metrics, or `traffic.sidecar.istio.io/excludeInboundPorts`";
                report.at(monitor, port, "reset each scrape, which shows no certificate", instead);
            }
        }
    }
}
