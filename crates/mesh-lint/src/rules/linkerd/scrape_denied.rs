//! Can metrics of a process be read under a default of deny?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::servers;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-scrape-denied",
    severity: Severity::Error,
    title: "metrics are scraped at a port that a default policy of deny shuts",
    reason: "Under a default of deny a port is open to those whom a policy admits to its Server. A port of the process \
             without a Server, a separate one for metrics too, answers 403 to whoever collects; probes pass without \
             one, so the pods are healthy and the panels empty.",
    reference: "https://linkerd.io/2/features/server-policy/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        linkerd.io/inject: enabled
        config.linkerd.io/default-inbound-policy: deny
        prometheus.io/scrape: "true"
        prometheus.io/port: "9082" # <-
    spec:
      containers: [{name: app, image: app, ports: [{name: admin, containerPort: 9082}]}]
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: proxies, namespace: shop}
spec:
  podSelector: {}
  port: linkerd-admin
  proxyProtocol: HTTP/1
  accessPolicy: all-unauthenticated
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        linkerd.io/inject: enabled
        config.linkerd.io/default-inbound-policy: deny
        prometheus.io/scrape: "true"
        prometheus.io/port: "9082"
    spec:
      containers: [{name: app, image: app, ports: [{name: admin, containerPort: 9082}]}]
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: proxies, namespace: shop}
spec:
  podSelector: {}
  port: linkerd-admin
  proxyProtocol: HTTP/1
  accessPolicy: all-unauthenticated
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: metrics, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: admin
  proxyProtocol: HTTP/1
  accessPolicy: cluster-authenticated
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for scrape in bundle.scrapes().into_iter().filter(|it| is_denied(bundle, it.workload, it.port)) {
        let will = format!("answer 403 to each scrape of {}: no Server opens port {}", scrape.path, scrape.port);
        report.at(scrape.object, scrape.node, will, "a Server for this port, and a policy for whoever collects");
    }
}

/// Whether a port has the default policy, and that is to let nobody in.
fn is_denied(bundle: &Bundle, workload: Workload<'_>, port: i64) -> bool {
    let key = "config.linkerd.io/default-inbound-policy";
    let namespace = bundle.of("", "Namespace").find(|it| it.name == workload.object.namespace);
    let default = workload.annotations()[key].text().or_else(|| namespace?.annotation(key).text());
    let mut there = servers(bundle).filter(|it| it.object.namespace == workload.object.namespace);
    default == Some("deny")
        && bundle.is_meshed(workload)
        && !there.any(|it| it.selects(workload) && it.number(workload) == Some(port))
}
