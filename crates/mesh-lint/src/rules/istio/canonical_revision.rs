//! Do dashboards and routes mean the same by a version?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-canonical-revision",
    severity: Severity::Warning,
    title: "a pod has two versions",
    reason: "Istio's metrics and Kiali take `app.kubernetes.io/version` before `version`, while subsets match the label \
             that they name. With two values the panels compare `1.2.3` with `1.2.3` where traffic is split between v1 \
             and v2.",
    reference: "https://istio.io/latest/docs/ops/deployment/application-requirements/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: 
        app: order-service
        version: v2
        app.kubernetes.io/version: 1.2.3 # <-
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: 
        app: order-service
        version: v2
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let labels = workload.labels();
        let (first, second) = (&labels["app.kubernetes.io/version"], &labels["version"]);
        let stated = labels["service.istio.io/canonical-revision"].exists();
        if first.exists() && second.exists() && first.text() != second.text() && !stated {
            let will = format!("count these pods as revision {}, not {}", first.str(), second.str());
            report.at(
                workload.object,
                first,
                will,
                "one scheme: leave it off the pods, or give it the value of `version`",
            );
        }
    }
}
