//! Is a request repeated at one hop only?

use std::collections::HashMap;

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Host, Service, Workload, equal_labels};
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_for_mesh, retries_answers, virtual_services};
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
    let mut found = Vec::new();
    let calls = calls(bundle);
    for middle in bundle.workloads() {
        let repeated = callers(&calls, middle)
            .find_map(|(caller, service)| retried(bundle, service, caller).map(|it| (it, caller)));
        let Some(((outer, _), caller)) = repeated else { continue };
        for callee in middle.calls().filter_map(|call| call.service(bundle)) {
            let Some((object, node)) = retried(bundle, callee, middle) else { continue };
            // Many workloads may share the two rules.
            if !found.contains(&node.span) && !std::ptr::eq(outer, object) {
                found.push(node.span);
                let (first, second) = (&caller.object.name, &middle.object.name);
                let will = format!("repeat a call of {second} within a call of {first} that is repeated too");
                report.at(
                    object,
                    node,
                    will,
                    "`connect-failure,refused-stream` here, or a rule of its own with `sourceLabels`",
                );
            }
        }
    }
}

/// Who calls which Service, by the namespace of the Service: found once, because each workload is asked for its callers.
type Calls<'a> = HashMap<&'a str, Vec<(Workload<'a>, Service<'a>)>>;

fn calls(bundle: &Bundle) -> Calls<'_> {
    let mut all = Calls::new();
    for caller in bundle.workloads() {
        for service in caller.calls().filter_map(|call| call.service(bundle)) {
            all.entry(&service.object.namespace).or_default().push((caller, service));
        }
    }
    all
}

/// Who calls a workload, and by which Service.
fn callers<'a>(calls: &Calls<'a>, callee: Workload<'a>) -> impl Iterator<Item = (Workload<'a>, Service<'a>)> {
    let near = calls.get(&*callee.object.namespace).into_iter().flatten().copied();
    let others = near.filter(move |(caller, _)| caller.labels()["app"].text() != callee.labels()["app"].text());
    others.filter(move |(_, service)| equal_labels(service.selector(), callee.labels()))
}

/// The rule by which calls of a workload to a Service are repeated after an answer.
fn retried<'a>(bundle: &'a Bundle, service: Service<'a>, caller: Workload<'a>) -> Option<(&'a Object, &'a Node)> {
    let host = Host { namespace: &service.object.namespace, name: &service.object.name };
    let mut objects = virtual_services(bundle).filter(|it| is_for_mesh(it) && hosts_of(it).any(|(_, it)| it == host));
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
