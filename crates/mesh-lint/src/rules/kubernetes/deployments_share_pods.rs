//! Does each workload select pods of its own?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Workload, match_labels};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-deployments-share-pods",
    severity: Severity::Error,
    title: "the selector of one workload takes the pods of another",
    reason: "Two controllers whose selectors overlap each count the other's pods as theirs: one deletes what the other \
             makes, and a release is scaled away without a word. Often the selector has `app` and forgets `version`.",
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector:
    matchLabels: {app: order-service} # <-
  template:
    metadata: {labels: {app: order-service, version: v1}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector:
    matchLabels: {app: order-service, version: v2}
  template:
    metadata: {labels: {app: order-service, version: v2}}
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector:
    matchLabels: {app: order-service, version: v1}
  template:
    metadata: {labels: {app: order-service, version: v1}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector:
    matchLabels: {app: order-service, version: v2}
  template:
    metadata: {labels: {app: order-service, version: v2}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads().filter(|it| has_selector(*it)) {
        let selector = &workload.object["spec"]["selector"];
        let others = bundle.workloads_in(&workload.object.namespace).filter(|other| {
            has_selector(*other)
                && other.object.kind == workload.object.kind
                && other.object.name != workload.object.name
                && bundle.together(other.object, workload.object)
        });
        if let Some(other) = others.into_iter().find(|other| match_labels(selector, other.labels())) {
            let will =
                format!("count the pods of {} as its own and delete or keep the wrong ones", other.object.title());
            report.at(
                workload.object,
                &selector["matchLabels"],
                will,
                "a label that only these pods have, such as `version`",
            );
        }
    }
}

fn has_selector(workload: Workload<'_>) -> bool {
    !workload.object["spec"]["selector"]["matchLabels"].entries().is_empty()
}
