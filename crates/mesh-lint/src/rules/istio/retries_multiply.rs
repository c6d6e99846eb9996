//! Is a request repeated at one hop only?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Hops, Host, Repeats, Service, Workload, equal_labels};
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_for_mesh, is_seen, retries_answers, virtual_services};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-retries-multiply",
    severity: Severity::Warning,
    title: "a request is repeated at two hops in a row",
    reason: "Retries multiply: with three attempts at each of two hops one call becomes nine at the last one, and that \
             when it is failing already. Repeat answers at one layer, mostly the one next to the user, and let inner \
             hops repeat only what no process has seen: `connect-failure,refused-stream`.",
    reference: "https://sre.google/sre-book/addressing-cascading-failures/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: user-service, namespace: shop}
spec:
  selector: {app: user-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
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
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    retries:
      attempts: 3
      retryOn: gateway-error
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: user-service, namespace: shop}
spec:
  hosts: [user-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    retries:
      attempts: 3
      retryOn: gateway-error # <-
    route:
    - {destination: {host: user-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: user-service.shop.svc.cluster.local}}
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: v1
kind: Service
metadata: {name: user-service, namespace: shop}
spec:
  selector: {app: user-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
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
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    retries:
      attempts: 3
      retryOn: gateway-error
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: user-service, namespace: shop}
spec:
  hosts: [user-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    retries:
      attempts: 3
      retryOn: connect-failure,refused-stream
    route:
    - {destination: {host: user-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: user-service.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for Hops { caller, middle, inner: (object, node) } in
        bundle.repeated_twice(|it, caller| retried(bundle, it, caller))
    {
        let (first, second) = (&caller.object.name, &middle.object.name);
        let will = format!("repeat a call of {second} within a call of {first} that is repeated too");
        let instead = "`connect-failure,refused-stream` here, or a rule of its own with `sourceLabels`";
        report.at(object, node, will, instead);
    }
}

/// The rule by which calls of a workload to a Service are repeated after an answer.
fn retried<'a>(bundle: &'a Bundle, service: Service<'a>, caller: Workload<'a>) -> Option<Repeats<'a>> {
    let host = Host { namespace: &service.object.namespace, name: &service.object.name };
    let read = virtual_services(bundle).filter(|it| is_for_mesh(it) && is_seen(it, &caller.object.namespace));
    let mut objects = read.filter(|it| hosts_of(it).any(|(_, it)| it == host));
    objects.find_map(|object| {
        let rules = object["spec"]["http"].items().iter();
        // The first rule that takes all calls of this caller hides those behind it.
        let mut hidden = false;
        let seen = rules.take_while(|rule| {
            let before = hidden;
            hidden |= rule["match"].items().iter().any(|it| is_all_of(it, caller));
            !before
        });
        seen.filter(|rule| admits(rule, caller)).find_map(retries_answers).map(|node| (object, node))
    })
}

fn admits(rule: &Node, caller: Workload<'_>) -> bool {
    let mut conditions = rule["match"].items().iter().map(|it| &it["sourceLabels"]);
    let any = rule["match"].items().is_empty();
    any || conditions.any(|labels| labels.entries().is_empty() || equal_labels(labels, caller.labels()))
}

fn is_all_of(condition: &Node, caller: Workload<'_>) -> bool {
    let alone = condition.entries().iter().all(|it| matches!(&*it.key, "sourceLabels" | "name"));
    alone && equal_labels(&condition["sourceLabels"], caller.labels())
}
