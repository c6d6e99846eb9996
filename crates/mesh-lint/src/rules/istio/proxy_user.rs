//! Does a process run as the sidecar's user?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-proxy-user",
    severity: Severity::Error,
    title: "a process runs as the user of the sidecar",
    reason: "Traffic of user 1337 is not redirected, because it is the sidecar's own. A process with that id goes \
             around it: plaintext, no identity, no routes, and a STRICT callee resets it.",
    reference: "https://istio.io/latest/docs/ops/deployment/application-requirements/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      securityContext: {runAsUser: 1337} # <-
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
      labels: {app: order-service}
    spec:
      securityContext: {runAsUser: 65532}
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for workload in bundle.workloads() {
        let of_containers = workload.containers().filter(|it| it["name"].str() != "istio-proxy");
        let contexts = of_containers.map(|it| &it["securityContext"]);
        for user in std::iter::once(&workload.spec()["securityContext"]).chain(contexts).map(|it| &it["runAsUser"]) {
            if user.int() == Some(1337) {
                report.at(workload.object, user, "let the process go around its sidecar", "any other user");
            }
        }
    }
}
