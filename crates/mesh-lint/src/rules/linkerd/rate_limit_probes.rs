//! Is the kubelet spared by a rate limit?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, points_at, probes, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-rate-limit-probes",
    severity: Severity::Error,
    title: "a rate limit counts the kubelet's probes",
    reason: "A limit holds for its Server's port, whoever asks and for whichever path. Where the probes come in on \
             that port they get 429 like everybody as soon as the total is exceeded. Observed: under a flood the pods \
             became unready in turn, and liveness restarted those that were only busy.",
    reference: "https://linkerd.io/2/reference/rate-limiting/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service} # <-
  total: {requestsPerSecond: 100}
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
    spec:
      containers:
      - name: app
        image: app
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
        livenessProbe: {httpGet: {path: /livez, port: http}}
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  total: {requestsPerSecond: 100}
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
    spec:
      containers:
      - name: app
        image: app
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
        livenessProbe: {httpGet: {path: /livez, port: admin}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(POLICY, "HTTPLocalRateLimitPolicy") {
        let target = &policy["spec"]["targetRef"];
        let limited = servers(bundle).filter(|server| {
            server.object.namespace == policy.namespace && points_at(target, POLICY, "Server", &server.object.name)
        });
        let mut probed = limited.flat_map(|server| server.workloads(bundle).into_iter().map(move |it| (server, it)));
        let hit = probed.find(|(server, workload)| {
            probes(*workload).iter().any(|probe| server.number(*workload) == Some(probe.port))
        });
        if let Some((_, workload)) = hit {
            report.at(
                policy,
                target,
                format!(
                    "answer 429 to the probes of {} when it is busy, so that the kubelet restarts it",
                    workload.object.name
                ),
                "probes on a port that the limited Server does not select",
            );
        }
    }
}
