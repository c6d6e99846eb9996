//! Are there pods that a Server selects?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Workload, is_near};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{Server, servers};
use crate::yaml::Entry;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-pods",
    severity: Severity::Error,
    title: "a Server selects no pods",
    reason: "A Server has no status. One whose selector fits no pod of its namespace is kept without a word, and so \
             are the policies and limits that point at it; the port that it was written for stays under the default \
             policy, which usually lets everybody in.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: orders}} # <-
  port: http
  proxyProtocol: HTTP/1
  accessPolicy: audit
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers: [{name: app, image: app, ports: [{name: http, containerPort: 8082}]}]
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
  accessPolicy: audit
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers: [{name: app, image: app, ports: [{name: http, containerPort: 8082}]}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for server in servers(bundle).filter(|server| !server.wants_injected()) {
        let selector = &server.object["spec"]["podSelector"];
        let mut neighbours = bundle.workloads_in(&server.object.namespace);
        if server.workloads(bundle).is_empty() && neighbours.any(|workload| is_meant(server, workload)) {
            report.at(
                server.object,
                selector,
                "apply this Server, and what points at it, to no pod",
                "labels that the pods carry, those under spec.template.metadata.labels",
            );
        }
    }
}

/// Whether the pods were meant: their name is the Server's, or a label nearly fits. Others may come from elsewhere.
fn is_meant(server: Server<'_>, workload: Workload<'_>) -> bool {
    let wanted = server.object["spec"]["podSelector"]["matchLabels"].entries();
    let labels = workload.labels();
    let nearly = |it: &Entry| labels[&it.key].text().is_some_and(|there| is_near(there, it.value.str()));
    workload.object.name == server.object.name || wanted.iter().any(nearly)
}
