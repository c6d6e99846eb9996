//! Do settings of the sidecar stand where the injector reads them?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-injection-on-workload",
    severity: Severity::Error,
    title: "a setting of the sidecar stands on the workload instead of its pods",
    reason: "The injector sees pods. A label or annotation of the Deployment itself is accepted and read by nobody; it \
             belongs into the pod template.",
    reference: "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: order-service
  namespace: shop
  annotations:
    sidecar.istio.io/proxyCPU: 50m # <-
spec:
  template:
    metadata:
      labels: {app: order-service}
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: order-service
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: order-service}
      annotations:
        sidecar.istio.io/proxyCPU: 50m
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads().filter(|it| &*it.object.kind != "Pod") {
        let own = &workload.object["metadata"];
        let template = &workload.template()["metadata"];
        for entry in [&own["annotations"], &own["labels"]].into_iter().flat_map(Node::entries) {
            let there = template["annotations"][&entry.key].exists() || template["labels"][&entry.key].exists();
            if is_for_the_injector(&entry.key) && !there {
                let will = format!("never read `{}`: it is not on the pods", entry.key);
                report.at(workload.object, &entry.value, will, "the same under `spec.template.metadata`");
            }
        }
    }
}

fn is_for_the_injector(key: &str) -> bool {
    let prefixes = ["sidecar.istio.io/", "traffic.sidecar.istio.io/", "proxy.istio.io/", "inject.istio.io/"];
    // What istiod writes on workloads when it is asked for a report is no setting.
    prefixes.iter().any(|prefix| key.starts_with(prefix)) && key != "sidecar.istio.io/status"
}
