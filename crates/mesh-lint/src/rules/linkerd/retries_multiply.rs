//! Is a request repeated at one hop only?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Hops, Repeats, Service};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{annotations, routes_of};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-retries-multiply",
    severity: Severity::Warning,
    title: "a request is repeated at two hops in a row",
    reason: "Retries multiply: with a limit of three at each of two hops one call becomes sixteen at the last one, and \
             that when it is failing already. Repeat answers at one layer, mostly the one next to the user. A route knows \
             no caller, but a header may: one that asks for the gateway's `user-agent` repeats the gateway's calls alone.",
    reference: "https://sre.google/sre-book/addressing-cascading-failures/",
    bad: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api-gateway}}
    spec:
      containers:
      - name: api-gateway
        env: [{name: CALLEE, value: "http://order-service:8082"}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata: {labels: {app: order-service}}
    spec:
      containers:
      - name: order-service
        env: [{name: CALLEE, value: "http://user-service:8082"}]
---
apiVersion: v1
kind: Service
metadata: {name: user-service, namespace: shop}
spec:
  selector: {app: user-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-reads
  namespace: shop
  annotations:
    retry.linkerd.io/http: gateway-error
spec:
  parentRefs: [{group: "", kind: Service, name: order-service, port: 8082}]
  rules:
  - matches: [{method: GET}, {method: HEAD}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service-writes, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: order-service, port: 8082}]
  rules:
  - {}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: user-service-reads
  namespace: shop
  annotations:
    retry.linkerd.io/http: gateway-error # <-
spec:
  parentRefs: [{group: "", kind: Service, name: user-service, port: 8082}]
  rules:
  - matches: [{method: GET}, {method: HEAD}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: user-service-writes, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: user-service, port: 8082}]
  rules:
  - {}
"#,
    good: r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api-gateway, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api-gateway}}
    spec:
      containers:
      - name: api-gateway
        env: [{name: CALLEE, value: "http://order-service:8082"}]
---
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: order-service, namespace: shop}
spec:
  template:
    metadata: {labels: {app: order-service}}
    spec:
      containers:
      - name: order-service
        env: [{name: CALLEE, value: "http://user-service:8082"}]
---
apiVersion: v1
kind: Service
metadata: {name: user-service, namespace: shop}
spec:
  selector: {app: user-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service-reads
  namespace: shop
  annotations:
    retry.linkerd.io/http: gateway-error
spec:
  parentRefs: [{group: "", kind: Service, name: order-service, port: 8082}]
  rules:
  - matches: [{method: GET}, {method: HEAD}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service-writes, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: order-service, port: 8082}]
  rules:
  - {}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: user-service-reads
  namespace: shop
  annotations:
    timeout.linkerd.io/request: 2s
spec:
  parentRefs: [{group: "", kind: Service, name: user-service, port: 8082}]
  rules:
  - matches: [{method: GET}, {method: HEAD}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: user-service-writes, namespace: shop}
spec:
  parentRefs: [{group: "", kind: Service, name: user-service, port: 8082}]
  rules:
  - {}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for Hops { caller, middle, inner: (object, node) } in bundle.repeated_twice(|service, _| retried(bundle, service)) {
        let (first, second) = (&caller.object.name, &middle.object.name);
        let will = format!("repeat a call of {second} within a call of {first} that is repeated too");
        report.at(object, node, will, "the annotation at one of the two hops alone, mostly the outer one");
    }
}

/// What repeats calls to a Service: a route of it, or its own annotation where a route says nothing of retries.
fn retried<'a>(bundle: &'a Bundle, service: Service<'a>) -> Option<Repeats<'a>> {
    let routes = routes_of(bundle, &service.object.namespace, &service.object.name);
    let of_all = routes.iter().filter(|(route, _)| route.rules().any(|rule| takes_any_caller(rule.node)));
    let of_routes = of_all.into_iter().find_map(|(route, _)| repeats(route.object));
    let own = |object: &Object| annotations(object).iter().any(|it| it.key.starts_with("retry.linkerd.io/"));
    let inherited = routes.is_empty() || routes.iter().any(|(route, _)| !own(route.object));
    of_routes.or_else(|| repeats(service.object).filter(|_| inherited))
}

/// Routes know no caller. One that asks for a header may tell callers by it, such as by their `user-agent`.
fn takes_any_caller(rule: &Node) -> bool {
    let conditions = rule["matches"].items();
    conditions.is_empty() || conditions.iter().any(|it| it["headers"].items().is_empty())
}

fn repeats(object: &Object) -> Option<Repeats<'_>> {
    let conditions = ["retry.linkerd.io/http", "retry.linkerd.io/grpc"].map(|key| object.annotation(key));
    conditions.into_iter().find(|node| node.exists()).map(|node| (object, node))
}
