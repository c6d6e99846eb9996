//! Does a PodDisruptionBudget protect pods that exist?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::match_labels;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-disruption-budget-selector",
    severity: Severity::Warning,
    title: "a PodDisruptionBudget protects no pod, although its like is there",
    reason: "A budget whose selector matches nothing is accepted and protects nothing: draining a node takes all pods \
             at once, and callers see 503 until new ones are ready.",
    reference: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    bad: r#"
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: order-service, namespace: shop}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: orders} # <-
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
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    good: r#"
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: order-service, namespace: shop}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: order-service}
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
      containers:
      - name: order-service
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for budget in bundle.of("policy", "PodDisruptionBudget") {
        let selector = &budget["spec"]["selector"];
        let protects = bundle.workloads_in(&budget.namespace).any(|it| match_labels(selector, it.labels()));
        let labels = selector["matchLabels"].entries();
        let like = bundle.workloads_in(&budget.namespace).find(|workload| {
            let shared = labels.iter().any(|it| workload.labels()[&it.key].text() == it.value.text());
            shared || budget.name.starts_with(&*workload.object.name)
        });
        if let Some(like) = like.filter(|_| !protects) {
            let will = format!("let all pods be evicted at once; {} has other labels", like.object.title());
            report.at(budget, &selector["matchLabels"], will, "labels that the pods have");
        }
    }
}
