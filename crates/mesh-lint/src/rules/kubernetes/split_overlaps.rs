//! Do the Services of a split have different pods?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Backend, Route};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "kubernetes-split-overlaps",
    severity: Severity::Error,
    title: "two Services of a split lead to the same pods",
    reason: "Weights count Services, not releases. If the Service that stands for v1 is the one that selects every \
             release, part of v1's share goes to v2, and 0 % for the canary is not none.",
    reference: "https://linkerd.io/2/tasks/flagger/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  template: {metadata: {labels: {app: order-service, version: v1}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  template: {metadata: {labels: {app: order-service, version: v2}}}
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {app: order-service, version: v1}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector: {app: order-service, version: v2}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service, port: 8082, weight: 90} # <-
    - {name: order-service-v2, port: 8082, weight: 10}
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  template: {metadata: {labels: {app: order-service, version: v1}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  template: {metadata: {labels: {app: order-service, version: v2}}}
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service-v1, namespace: shop}
spec:
  selector: {app: order-service, version: v1}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service-v2, namespace: shop}
spec:
  selector: {app: order-service, version: v2}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in bundle.routes().flat_map(Route::rules) {
        let backends: Vec<_> = rule.backends().filter_map(|it| Some((it, pods(bundle, it)?))).collect();
        for (number, (backend, mine)) in backends.iter().enumerate() {
            let others = backends.iter().enumerate().filter(|(other, _)| *other != number);
            // The one that has more pods is the one that was meant for others.
            let inner = others.map(|(_, other)| other).find(|(other, theirs)| {
                other.name() != backend.name() && mine.len() > theirs.len() && theirs.iter().any(|it| mine.contains(it))
            });
            if let Some((other, _)) = inner {
                let will = format!("send part of the share of {} to the pods of {}", backend.name(), other.name());
                report.at(rule.route.object, &backend.node["name"], will, "a Service that selects this release alone");
            }
        }
    }
}

fn pods(bundle: &Bundle, backend: Backend<'_>) -> Option<Vec<String>> {
    let service = backend.is_service().then(|| bundle.service(backend.namespace(), backend.name())).flatten()?;
    Some(service.workloads(bundle).iter().map(|it| it.object.title()).collect())
}
