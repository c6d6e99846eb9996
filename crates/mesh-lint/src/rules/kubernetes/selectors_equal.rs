//! Does the selector of a Deployment find its own pods alone?

use std::collections::HashMap;

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-selectors-equal",
    severity: Severity::Warning,
    title: "two Deployments have the same selector",
    reason: "Kubernetes does not refuse it and warns that controllers may then conflict. The Deployments tell their \
             pods apart by owner, all else finds them by the selector: observed, `kubectl logs deploy/` of one showed \
             the other's log, and neither was scaled by its autoscaler. A selector cannot be changed later.",
    reference: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  template:
    metadata: {labels: {app: order-service, version: v1}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}} # <-
  template:
    metadata: {labels: {app: order-service, version: v2}}
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service, version: v1}}
  template:
    metadata: {labels: {app: order-service, version: v1}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service, version: v2}}
  template:
    metadata: {labels: {app: order-service, version: v2}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut before: HashMap<String, Vec<&'a Object>> = HashMap::new();
    for object in bundle.of("apps", "Deployment") {
        let selector = &object["spec"]["selector"];
        let Some(key) = key(selector) else { continue };
        let others = before.entry(format!("{}/{key}", object.namespace)).or_default();
        if let Some(other) = others.iter().find(|it| it.name != object.name && bundle.together(it, object)) {
            let will = format!("take the pods of {} for this one's wherever they are found by labels", other.title());
            report.at(object, &selector["matchLabels"], will, "a label that only these pods have, such as `version`");
        }
        others.push(object);
    }
}

/// The labels of a selector that is made of labels alone.
fn key(selector: &Node) -> Option<String> {
    let mut labels: Vec<_> = selector["matchLabels"].entries().iter().map(|it| (&*it.key, it.value.str())).collect();
    labels.sort_unstable();
    (!labels.is_empty() && !selector["matchExpressions"].exists()).then(|| format!("{labels:?}"))
}
