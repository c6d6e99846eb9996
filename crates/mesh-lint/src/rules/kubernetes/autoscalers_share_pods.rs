//! Does each autoscaler count pods of its own?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::equal_labels;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-autoscalers-share-pods",
    severity: Severity::Error,
    title: "an autoscaler counts the pods of another one",
    reason: "A HorizontalPodAutoscaler finds its pods by the selector of its target, not by who made them. If the \
             selector of one release also matches the pods of another and both are scaled, neither is: the condition \
             ScalingActive is false with the reason AmbiguousSelector, the number of pods stays where it is, and nobody \
             is told. Often the selector has `app` and forgets `version`. Observed.",
    reference: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    bad: r#"
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order-service-v1, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order-service-v1}
  maxReplicas: 8
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order-service-v2, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order-service-v2}
  maxReplicas: 8
---
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
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order-service-v1, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order-service-v1}
  maxReplicas: 8
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: order-service-v2, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: order-service-v2}
  maxReplicas: 8
---
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
    let scaled: Vec<_> = bundle.workloads().filter(|it| it.scaler(bundle).is_some()).collect();
    for workload in &scaled {
        let labels = &workload.object["spec"]["selector"]["matchLabels"];
        let others = scaled.iter().filter(|other| {
            other.object.namespace == workload.object.namespace
                && other.object.name != workload.object.name
                && bundle.together(other.object, workload.object)
        });
        if let Some(other) = others.into_iter().find(|other| equal_labels(labels, other.labels())) {
            let will = format!(
                "scale neither these pods nor those of {}, which the selector matches too",
                other.object.title()
            );
            report.at(workload.object, labels, will, "a label that only these pods have, such as `version`");
        }
    }
}
