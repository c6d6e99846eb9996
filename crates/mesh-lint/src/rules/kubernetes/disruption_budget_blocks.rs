//! Does a PodDisruptionBudget let any pod move?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Workload, match_labels};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-disruption-budget-blocks",
    severity: Severity::Error,
    title: "a PodDisruptionBudget lets no pod move",
    reason: "With as many pods required as there are, or none allowed to be missing, each eviction is refused: `kubectl \
             drain` waits for ever, and so does the upgrade of the nodes, of the mesh's CNI plugin and of its sidecars \
             by eviction.",
    reference: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    bad: r#"
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: order-service, namespace: shop}
spec:
  minAvailable: 2 # <-
  selector: {matchLabels: {app: order-service}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  replicas: 2
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
  selector: {matchLabels: {app: order-service}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  replicas: 2
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
        let (least, most) = (&budget["spec"]["minAvailable"], &budget["spec"]["maxUnavailable"]);
        let will = "refuse each eviction, so that draining a node never ends";
        if matches!(most.str(), "0" | "0%") || least.str() == "100%" {
            let node = if most.exists() { most } else { least };
            report.at(budget, node, will, "`maxUnavailable: 1`");
        } else if let Some(pods) = pods(bundle, budget).filter(|pods| *pods > 0)
            && let Some(required) = required(least, pods).filter(|required| *required >= pods)
        {
            let when =
                if selected(bundle, budget).any(|it| it.scaler(bundle).is_some()) { " while load is low" } else { "" };
            report.at(budget, least, format!("{will}{when}: {pods} pods, {required} required"), "`maxUnavailable: 1`");
        }
    }
}

/// How many of some pods must be there. Kubernetes rounds a share of them up.
fn required(least: &Node, pods: i64) -> Option<i64> {
    match least.str().strip_suffix('%') {
        Some(percent) => Some(percent.parse::<i64>().ok()?.checked_mul(pods)?.checked_add(99)? / 100),
        None => least.int(),
    }
}

/// The least pods that it is about; `None` where that is not written. An autoscaler that has none to spare makes none for a drain.
fn pods(bundle: &Bundle, budget: &Object) -> Option<i64> {
    selected(bundle, budget).map(|it| it.least_pods(bundle)).try_fold(0_i64, |sum, pods| sum.checked_add(pods?))
}

fn selected<'a>(bundle: &'a Bundle, budget: &'a Object) -> impl Iterator<Item = Workload<'a>> {
    let selector = &budget["spec"]["selector"];
    bundle.workloads_in(&budget.namespace).filter(move |it| match_labels(selector, it.labels()))
}
