//! Does each host have one VirtualService?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{compete, is_for_mesh, virtual_services};
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-virtual-services-share-host",
    severity: Severity::Error,
    title: "two VirtualServices are about one host",
    reason: "Sidecars do not merge VirtualServices: of two that name one host, the older wins and the other is accepted \
             and never read. Retries in one file and the canary in another must meet in one object.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0109/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 90}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 10}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service-timeouts, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local] # <-
  http:
  - timeout: 3s
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - timeout: 3s
    route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 90}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 10}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut before: HashMap<String, Vec<&'a Object>> = HashMap::new();
    for object in virtual_services(bundle).filter(|it| is_for_mesh(it)) {
        for node in object["spec"]["hosts"].items() {
            let host = Host::of(node.str(), &object.namespace).map_or_else(|| node.str().to_owned(), Host::full);
            let others = before.entry(host.clone()).or_default();
            if let Some(other) = others.iter().find(|it| gets_in_the_way(bundle, it, object)) {
                let will = format!("read only the older of this and {} for {host}", other.title());
                report.at(object, node, will, "the rules of both in one VirtualService");
            }
            others.push(object);
        }
    }
}

/// The same name is the same object in another state.
fn gets_in_the_way(bundle: &Bundle, one: &Object, other: &Object) -> bool {
    let apart = one.name != other.name || one.namespace != other.namespace;
    apart && bundle.together(one, other) && compete(one, other)
}
