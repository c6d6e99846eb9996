//! Does the selector of a policy match any pod?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{GATEWAY_API, Workload, equal_labels, is_near};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, ROOT, SECURITY};
use crate::yaml::{Entry, Node};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-policy-selector",
    severity: Severity::Error,
    title: "a policy selects none of the pods of its namespace",
    reason: "The selector is compared with labels of pods in the policy's own namespace. If none has them, the policy \
             is accepted and holds for nobody: an ALLOW opens nothing, a DENY denies nothing, and a token is not \
             checked.",
    reference: "https://istio.io/latest/docs/reference/config/type/workload-selector/",
    bad: r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: order-service, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}} # <-
  rules:
  - to:
    - operation:
        methods: [GET]
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
        methods: [GET]
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

const KINDS: [(&str, &str, &str); 9] = [
    (SECURITY, "AuthorizationPolicy", "selector"),
    (SECURITY, "PeerAuthentication", "selector"),
    (SECURITY, "RequestAuthentication", "selector"),
    ("telemetry.istio.io", "Telemetry", "selector"),
    ("extensions.istio.io", "WasmPlugin", "selector"),
    ("extensions.istio.io", "TrafficExtension", "selector"),
    (NETWORKING, "Sidecar", "workloadSelector"),
    (NETWORKING, "EnvoyFilter", "workloadSelector"),
    (NETWORKING, "DestinationRule", "workloadSelector"),
];

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (group, kind, field) in KINDS {
        // Policies of the root namespace select pods everywhere, and DestinationRules there too.
        for object in bundle.of(group, kind).filter(|it| &*it.namespace != ROOT) {
            let selector = &object["spec"][field];
            // Sidecar and EnvoyFilter name labels `labels`.
            let labels =
                [&selector["matchLabels"], &selector["labels"]].into_iter().find(|it| !it.entries().is_empty());
            let Some(labels) = labels else { continue };
            let mut there = bundle.workloads_in(&object.namespace).peekable();
            let known = there.peek().is_some() && !is_of_a_gateway(bundle, object, labels);
            let matched = bundle.workloads_in(&object.namespace).any(|it| equal_labels(labels, it.labels()));
            if known && !matched && there.any(|it| is_like(object, labels, it)) {
                report.at(
                    object,
                    labels,
                    format!("apply this to no pod of {}", object.namespace),
                    "labels that the pods have",
                );
            }
        }
    }
}

/// Whether it was meant for these pods: a label in common or nearly so, or its name. Others may come from elsewhere.
fn is_like(object: &Object, labels: &Node, workload: Workload<'_>) -> bool {
    let near = |it: &Entry| {
        let there = workload.labels()[&it.key].str();
        there == it.value.str() || is_near(there, it.value.str())
    };
    labels.entries().iter().any(near) || object.name == workload.object.name
}

/// Pods that Istio makes for a Gateway of the Gateway API, and those of an ingress gateway, are in no manifest.
fn is_of_a_gateway(bundle: &Bundle, object: &Object, labels: &Node) -> bool {
    let made = bundle.of(GATEWAY_API, "Gateway").any(|it| it.namespace == object.namespace);
    let name = labels["gateway.networking.k8s.io/gateway-name"].exists() || labels["istio"].exists();
    name || made && labels.entries().iter().any(|it| it.key.starts_with("gateway.") || it.key.starts_with("istio"))
}
