//! Does a process listen where the sidecar does?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-proxy-port",
    severity: Severity::Error,
    title: "a container listens on a port of the sidecar",
    reason: "The sidecar and its agent take ports 15000 to 15090 of the pod. A process that wants one of them gets \
             `address already in use`, or its traffic ends in the sidecar.",
    reference: "https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio",
    bad: r#"
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
        ports: [{name: http, containerPort: 15000}] # <-
"#,
    good: r#"
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
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        // Gateways and waypoints are proxies themselves.
        let is_proxy = workload.containers().any(|it| matches!(it["name"].str(), "istio-proxy" | "discovery"));
        for port in workload.ports().map(|port| &port["containerPort"]) {
            if port.int().is_some_and(|port| TAKEN.contains(&port)) && !is_proxy {
                let will = format!("already listen on {} in this pod", port.str());
                report.at(workload.object, port, will, "a port outside of 15000 to 15090");
            }
        }
    }
}

const TAKEN: [i64; 10] = [15000, 15001, 15002, 15004, 15006, 15008, 15009, 15020, 15021, 15090];
