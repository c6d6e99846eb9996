//! Have the pods the port that a Server names?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Workload;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{Server, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-port",
    severity: Severity::Error,
    title: "a Server names a port that its pods do not declare",
    reason: "A Server's port is one of the pod: the name of a container's port or its number, not the port of the \
             Service. A name that no container declares matches nothing, and the port goes on under the default \
             policy; nothing has a status that would tell.",
    reference: "https://linkerd.io/2/reference/authorization-policy/",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: web # <-
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
    for server in servers(bundle).filter(|server| !server.is_of_proxy()) {
        let workloads = server.workloads(bundle);
        // A number takes effect without being declared, so it is doubted only where all pods declare others.
        let doubted = workloads.iter().all(|it| it.ports().next().is_some());
        if doubted && !workloads.is_empty() && !workloads.iter().any(|it| has(*it, server)) {
            report.at(
                server.object,
                server.port(),
                format!(
                    "leave the pods under the default policy: none of them declares a port {}",
                    server.port().str()
                ),
                "the name of a container's port",
            );
        }
    }
}

fn has(workload: Workload<'_>, server: Server<'_>) -> bool {
    let (name, number) = (server.port().str(), server.port().int());
    workload.ports().any(|port| port["name"].str() == name || number.is_some() && port["containerPort"].int() == number)
}
