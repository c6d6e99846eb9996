//! Has each port of a pod one Server?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::servers;
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-servers-overlap",
    severity: Severity::Error,
    title: "two Servers select the same port of the same pods",
    reason: "A port has one Server. Of two the older one keeps it and the younger is passed over with a line in the \
             policy controller's log, and with it every policy, route and limit that points at it. Which one is older \
             differs from cluster to cluster.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
  accessPolicy: audit
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: orders, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: 8082 # <-
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
      containers: [{name: app, image: app, ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]}]
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
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: orders, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: admin
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
      containers: [{name: app, image: app, ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut seen: HashMap<_, &'a Object> = HashMap::new();
    for server in servers(bundle) {
        for workload in server.workloads(bundle) {
            let Some(number) = server.number(workload) else { continue };
            let first = *seen.entry((std::ptr::from_ref(workload.object), number)).or_insert(server.object);
            if first.name != server.object.name && bundle.together(first, server.object) {
                report.at(
                    server.object,
                    server.port(),
                    format!(
                        "use either this Server or {} for port {number} of {}, the older one",
                        first.name, workload.object.name
                    ),
                    "one Server for the port, or selectors that have no pod in common",
                );
                break;
            }
        }
    }
}
