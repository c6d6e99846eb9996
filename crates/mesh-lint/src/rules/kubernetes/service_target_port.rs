//! Does a Service lead to a port that its pods have?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-service-target-port",
    severity: Severity::Error,
    title: "a Service leads to a port that its pods do not have",
    reason: "A `targetPort` that is a name and that no container has leaves the Service without endpoints: 503 for each \
             call. One that is a number is believed, and calls end with a refused connection. The port of the Service \
             and the port of the pod are easily confused.",
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
            if workloads.iter().all(|workload| workload.port(target).is_none()) {
                let will =
                    format!("send calls to port {} of the pods, where nothing is declared to listen", target.str());
                report.at(service.object, target, will, "the name or number of one of the containers' ports");
            }
        }
    }
}
