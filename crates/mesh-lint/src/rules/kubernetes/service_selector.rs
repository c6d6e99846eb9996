//! Does the selector of a Service match the pods that it is meant for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Service, Workload, equal_labels};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-service-selector",
    severity: Severity::Error,
    title: "a Service selects no pod, although its like is there",
    reason: "The selector is compared label by label; one wrong value and the Service has no endpoint. Nothing refuses \
             it. A sidecar answers 503 for it: Istio with the flag UH, Linkerd after its fail-fast time.",
    reference: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector: {app: order-service, version: v2} # <-
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
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {app: order-service, version: v1}
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
        let selector = service.selector();
        let is_served = !service.workloads(bundle).is_empty() || is_of_a_machine(bundle, service);
        if selector.entries().is_empty() || is_served || is_of_an_experiment(bundle, service) {
            continue;
        }
        if let Some(like) = bundle.workloads_in(&service.object.namespace).find(|it| is_like(service, *it)) {
            let will =
                format!("find no endpoint and answer each call with 503; {} has other labels", like.object.title());
            report.at(service.object, selector, will, "a selector that is part of the labels of the pods");
        }
    }
}

/// Whether it was meant for these pods: a label in common, or its name.
fn is_like(service: Service<'_>, workload: Workload<'_>) -> bool {
    let shared = service.selector().entries().iter().any(|it| workload.labels()[&it.key].text() == it.value.text());
    shared && workload.is_server() || service.object.name == workload.object.name
}

/// Istio's entries for virtual machines are endpoints too.
fn is_of_a_machine(bundle: &Bundle, service: Service<'_>) -> bool {
    let groups = bundle.of("networking.istio.io", "WorkloadGroup").map(|group| group.root.dig("spec.metadata.labels"));
    let entries = bundle.of("networking.istio.io", "WorkloadEntry").map(|entry| entry.root.dig("spec.labels"));
    groups.chain(entries).any(|labels| equal_labels(service.selector(), labels))
}

/// Argo's experiments make pods for a while, with labels of their own; a Rollout may make them too.
fn is_of_an_experiment(bundle: &Bundle, service: Service<'_>) -> bool {
    let of_rollouts =
        bundle.of("argoproj.io", "Rollout").flat_map(|it| it.root.dig("spec.strategy.canary.steps").items());
    let of_rollouts =
        of_rollouts.flat_map(|step| step.dig("experiment.templates").items()).map(|it| it.dig("metadata.labels"));
    let experiments = bundle.of("argoproj.io", "Experiment").flat_map(|it| it.root.dig("spec.templates").items());
    let labels = of_rollouts.chain(experiments.map(|it| it.dig("template.metadata.labels")));
    labels.into_iter().any(|labels| equal_labels(service.selector(), labels))
}
