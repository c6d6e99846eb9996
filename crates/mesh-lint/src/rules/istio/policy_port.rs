//! Do policies name ports of pods?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{SECURITY, selected};
use crate::yaml::{Node, Span};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-port",
    severity: Severity::Error,
    title: "a policy names a port that the pods do not have",
    reason: "Policies act at the pod, behind the Service, so `ports` and `portLevelMtls` are ports of containers. With \
             the port of the Service the rule is accepted and no request matches it: an ALLOW lets nobody in, a DENY \
             keeps nobody out.",
    reference: "https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation",
    bad: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - to:
    - operation:
        ports: ["80"] # <-
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
"#,
    good: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - to:
    - operation:
        ports: ["8082"]
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service}
    spec:
      containers:
      - name: app
        ports: [{name: http, containerPort: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(SECURITY, "AuthorizationPolicy").filter(|it| it["spec"]["selector"].exists()) {
        let operations = policy["spec"]["rules"].items().iter().flat_map(|rule| rule["to"].items());
        let ports = operations.flat_map(|to| [&to["operation"]["ports"], &to["operation"]["notPorts"]]);
        for node in ports.flat_map(Node::items) {
            judge(bundle, policy, node.str(), node.span, report);
        }
    }
    for policy in bundle.of(SECURITY, "PeerAuthentication").filter(|it| it["spec"]["selector"].exists()) {
        for entry in policy["spec"]["portLevelMtls"].entries() {
            judge(bundle, policy, &entry.key, entry.span, report);
        }
    }
}

fn judge<'a>(bundle: &'a Bundle, policy: &'a Object, port: &str, span: Span, report: &mut Report<'a>) {
    let workloads: Vec<_> = selected(bundle, policy).collect();
    let listed = !workloads.is_empty() && workloads.iter().all(|it| it.ports().next().is_some());
    let mut ports = workloads.iter().flat_map(|it| it.ports());
    if listed && !ports.any(|it| it["containerPort"].str() == port) {
        let will = format!("match no request: no selected pod listens on {port}");
        report.span(policy, span, will, "the `containerPort`, which the Service's `targetPort` leads to");
    }
}
