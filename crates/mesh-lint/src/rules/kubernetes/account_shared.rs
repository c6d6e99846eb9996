//! Can a policy tell the callers apart?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-account-shared",
    severity: Severity::Warning,
    title: "two applications share the account that a policy admits",
    reason: "A mesh knows a caller by its ServiceAccount alone. Where two applications run as one, whoever is let in \
             brings the other along, and `default` is the account of all that name none.",
    reference: "https://linkerd.io/2/features/server-policy/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  selector: {matchLabels: {app: api-gateway}}
  template:
    metadata: {labels: {app: api-gateway}}
    spec:
      serviceAccountName: shop
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reports, namespace: shop}
spec:
  selector: {matchLabels: {app: reports}}
  template:
    metadata: {labels: {app: reports}}
    spec:
      serviceAccountName: shop
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/shop] # <-
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  selector: {matchLabels: {app: api-gateway}}
  template:
    metadata: {labels: {app: api-gateway}}
    spec:
      serviceAccountName: api-gateway
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reports, namespace: shop}
spec:
  selector: {matchLabels: {app: reports}}
  template:
    metadata: {labels: {app: reports}}
    spec:
      serviceAccountName: reports
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/api-gateway]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for admitted in bundle.admitted_accounts() {
        let mut apps: Vec<_> = bundle
            .workloads_in(admitted.namespace)
            .filter(|it| it.service_account() == admitted.name && it.is_server())
            .map(|it| {
                it.labels()["app"].text().or(it.labels()["app.kubernetes.io/name"].text()).unwrap_or(&it.object.name)
            })
            .collect();
        apps.sort_unstable();
        apps.dedup();
        if let [first, second, ..] = apps[..] {
            let will = format!("let in {first} and {second} alike: both run as {}", admitted.name);
            report.at(admitted.object, admitted.node, will, "a ServiceAccount of its own for each application");
        }
    }
}
