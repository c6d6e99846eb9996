//! Can the sidecar see what a policy asks for?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Port, Service, equal_labels};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{SECURITY, selected};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-http-on-tcp",
    severity: Severity::Error,
    title: "a policy asks for HTTP on a port that is TCP",
    reason: "On a port that is not HTTP the sidecar sees connections, no methods, paths or tokens. It drops an ALLOW \
             rule that asks for them, so nobody is let in, and of a DENY rule it keeps what is left, so more is denied \
             than was meant.",
    reference: "https://istio.io/latest/docs/tasks/security/authorization/authz-tcp/",
    bad: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: order-service}}
  rules:
  - to:
    - operation: {methods: [GET]} # <-
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: tcp-orders, port: 8082, targetPort: 8082}]
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
    - operation: {ports: ["8082"]}
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: tcp-orders, port: 8082, targetPort: 8082}]
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
        let workloads: Vec<_> = selected(bundle, policy).collect();
        let services = bundle.services_in(&policy.namespace);
        let services =
            services.filter(|service| workloads.iter().any(|it| equal_labels(service.selector(), it.labels())));
        let ports: Vec<_> = services.flat_map(Service::ports).collect();
        let tcp = |port: &Port<'_>| matches!(port.protocol(), Some("tcp" | "mongo" | "mysql" | "redis"));
        if ports.is_empty() || !ports.iter().all(tcp) {
            continue;
        }
        for operation in
            policy["spec"]["rules"].items().iter().flat_map(|rule| rule["to"].items()).map(|to| &to["operation"])
        {
            let http =
                ["methods", "paths", "hosts", "notMethods", "notPaths", "notHosts"].iter().map(|key| &operation[key]);
            if let Some(node) = http.into_iter().find(|node| node.exists()) {
                let will = "drop an ALLOW of this rule, or widen a DENY: these pods declare no port that speaks HTTP";
                report.at(policy, node, will, "`ports` alone, or `appProtocol: http` on the Service's port");
            }
        }
    }
}
