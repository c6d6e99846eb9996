//! Have the pods of a Server a proxy that obeys it?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{says_who_is_injected, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-unmeshed",
    severity: Severity::Error,
    title: "a Server is for pods without a proxy",
    reason: "It is the callee's proxy that refuses. Pods without one, whose namespace does not ask for injection or \
             that are excepted from it, take calls from everybody, whatever Servers and policies say about them.",
    reference: "https://linkerd.io/2/features/server-policy/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}} # <-
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
      annotations:
        linkerd.io/inject: disabled
    spec:
      containers: [{name: app, image: app}]
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
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
      annotations:
        linkerd.io/inject: enabled
    spec:
      containers: [{name: app, image: app}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for server in servers(bundle) {
        let known = says_who_is_injected(bundle, &server.object.namespace);
        let workloads = server.workloads(bundle);
        let bare = workloads.iter().find(|it| !bundle.is_meshed(**it) && it.is_server());
        if let Some(workload) = bare.filter(|_| known) {
            report.at(
                server.object,
                &server.object["spec"]["podSelector"],
                format!("let everybody call {}: it has no proxy that would refuse", workload.object.name),
                "`linkerd.io/inject: enabled` on the Namespace or in the pod's template",
            );
        }
    }
}
