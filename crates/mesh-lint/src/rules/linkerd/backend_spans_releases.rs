//! Does a split send each share to one release?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Backend, Route, Workload};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-spans-releases",
    severity: Severity::Error,
    title: "a backend of a split selects the pods of another backend too",
    reason: "Linkerd draws a backend and then a pod behind it. Where the apex Service, which selects every release, \
             stands in for the old one, the canary's pods get a part of the other share as well: of 90 % some goes to \
             v2, and at weight 0 it still has traffic.",
    reference: "https://linkerd.io/2/tasks/traffic-shifting/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service, port: 8082, weight: 90} # <-
    - {name: order-service-v2, port: 8082, weight: 10}
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v2
  namespace: shop
spec:
  selector: {app: order-service, version: v2}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v1}
    spec:
      containers: [{name: app, image: app}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v2}
    spec:
      containers: [{name: app, image: app}]
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
---
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata:
  name: order-service-v2
  namespace: shop
spec:
  selector: {app: order-service, version: v2}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v1, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v1}
    spec:
      containers: [{name: app, image: app}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service-v2, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: order-service, version: v2}
    spec:
      containers: [{name: app, image: app}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in outbound_routes(bundle).flat_map(Route::rules) {
        for wide in rule.backends() {
            let narrow = rule.backends().find(|other| contains(bundle, wide, *other));
            let Some(narrow) = narrow else { continue };
            report.at(
                rule.route.object,
                &wide.node["name"],
                format!(
                    "send a part of this share to the pods of {}, which {} selects too",
                    narrow.name(),
                    wide.name()
                ),
                "a Service whose selector names the release, for each backend of the split",
            );
        }
    }
}

/// Whether one backend has all pods of the other, and more.
fn contains<'a>(bundle: &'a Bundle, wide: Backend<'a>, narrow: Backend<'a>) -> bool {
    let pods =
        |backend: Backend<'a>| backend.service(bundle).map(|service| service.workloads(bundle)).unwrap_or_default();
    let (wide, narrow) = (pods(wide), pods(narrow));
    let has = |workload: &Workload<'_>| wide.iter().any(|it| std::ptr::eq(it.object, workload.object));
    !narrow.is_empty() && wide.len() > narrow.len() && narrow.iter().all(has)
}
