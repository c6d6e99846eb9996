//! Does the account of a workload exist?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-service-account-missing",
    severity: Severity::Error,
    title: "a workload names a ServiceAccount that is not there",
    reason: "Identity in a mesh is the ServiceAccount. The controller accepts the name, and then no pod can be made: \
             the Deployment shows zero pods and an event that few read. A policy that names the other spelling lets \
             nobody in.",
    reference: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
    bad: r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: order-service, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      serviceAccountName: orders-service # <-
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    good: r#"
apiVersion: v1
kind: ServiceAccount
metadata: {name: order-service, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata:
      labels: {app: order-service}
    spec:
      serviceAccountName: order-service
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let (namespace, account) = (&*workload.object.namespace, workload.service_account());
        let known = bundle.of("", "ServiceAccount").any(|it| *it.namespace == *namespace);
        let exists = account == "default" || bundle.named("ServiceAccount", namespace, account).next().is_some();
        if known && !exists {
            let node = &workload.spec()["serviceAccountName"];
            let will = format!("make no pod: there is no ServiceAccount {account}");
            report.at(workload.object, node, will, "the name of an account that the manifests define, or define it");
        }
    }
}
