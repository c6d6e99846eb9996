//! Do probes ask a port that the container has?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-probe-port",
    severity: Severity::Error,
    title: "a probe names a port that the container does not have",
    reason: "The kubelet resolves the name when it probes, not when the pod is admitted: each probe fails, the pod \
             never becomes ready and is restarted by liveness. The sidecar's rewriting of probes does not help, it \
             copies the name.",
    reference: "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
        readinessProbe:
          httpGet: {path: /readyz, port: admin} # <-
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
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}, {name: admin, containerPort: 9082}]
        readinessProbe:
          httpGet: {path: /readyz, port: admin}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        for container in workload.containers() {
            for port in PROBES.iter().flat_map(|probe| HANDLERS.iter().map(move |it| &container[probe][it]["port"])) {
                let known = container["ports"].items().iter().any(|it| it["name"].text() == port.text());
                // A number needs no declaration.
                if port.text().is_some() && port.int().is_none() && !known {
                    let will = format!("never be ready: the container has no port {}", port.str());
                    report.at(workload.object, port, will, "the name of one of the container's ports, or a number");
                }
            }
        }
    }
}

const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];
const HANDLERS: [&str; 2] = ["httpGet", "tcpSocket"];
