//! Does a Service lead to a port that its pods have?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-service-target-port",
    severity: Severity::Error,
    title: "a Service leads to a named port that its pods do not have",
    reason: "A `targetPort` that is a name is looked up in each pod. If no container has it, the Service has no \
             endpoint, and each call is answered with 503. A misspelt name is refused by nobody.",
    reference: "https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports:
  - name: http
    appProtocol: http
    port: 8082
    targetPort: web # <-
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service, version: v1}}
  template:
    metadata: {labels: {app: order-service, version: v1}}
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports:
  - name: http
    appProtocol: http
    port: 8082
    targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service, version: v1}}
  template:
    metadata: {labels: {app: order-service, version: v1}}
    spec:
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let workloads = service.workloads(bundle);
        // Ports of containers are information: where none is listed, nothing can be missed.
        if workloads.is_empty() || !workloads.iter().all(|it| it.ports().next().is_some()) {
            continue;
        }
        for port in service.ports() {
            let target = port.target();
            // A number works whether or not a container lists it.
            if target.int().is_none() && workloads.iter().all(|workload| workload.port(target).is_none()) {
                let will = format!("find no endpoint: no pod has a port called {}", target.str());
                report.at(service.object, target, will, "the name of one of the containers' ports");
            }
        }
    }
}
