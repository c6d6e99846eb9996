//! Do requests from outside obey the split of a Service?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_for_mesh, routes, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-ingress-skips-split",
    severity: Severity::Warning,
    title: "requests from a gateway do not obey the split of the Service that they go to",
    reason: "A VirtualService without `gateways` is for sidecars. The gateway follows the VirtualService that is bound \
             to it, and from there goes straight to the Service: the weights and headers of the other one are not read. \
             Each pod gets its even share, whatever the canary says.",
    reference: "https://istio.io/latest/docs/ops/common-problems/network-issues/#route-rules-have-no-effect-on-ingress-gateway-requests",
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
metadata: {name: ingress, namespace: shop}
spec:
  hosts: [shop.example.com]
  gateways: [shop]
  http:
  - route:
    - destination:
        host: order-service.shop.svc.cluster.local # <-
"#,
    good: r#"
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
metadata: {name: ingress, namespace: shop}
spec:
  hosts: [shop.example.com]
  gateways: [shop]
  http:
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v1}, weight: 90}
    - {destination: {host: order-service.shop.svc.cluster.local, subset: v2}, weight: 10}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let split: Vec<_> = virtual_services(bundle).filter(|it| is_for_mesh(it)).filter_map(split).collect();
    for object in virtual_services(bundle).filter(|it| !is_for_mesh(it)) {
        let rules = object["spec"]["http"].items().iter().filter(|rule| rule["route"].items().len() == 1);
        for destination in rules.flat_map(routes).filter(|it| it["subset"].is_null()) {
            let host = Host::of(destination["host"].str(), &object.namespace);
            if let Some((_, other)) = split.iter().find(|(hosts, _)| host.is_some_and(|host| hosts.contains(&host))) {
                let will = format!("spread these requests over all pods; {} is not read at a gateway", other.title());
                report.at(object, &destination["host"], will, "the same subsets and weights here as there");
            }
        }
    }
}

/// A VirtualService that divides the requests to its hosts, with these hosts.
fn split(object: &Object) -> Option<(Vec<Host<'_>>, &Object)> {
    let destinations = object["spec"]["http"].items().iter().flat_map(|rule| rule["route"].items());
    let mut subsets: Vec<_> = destinations.filter_map(|it| it["destination"]["subset"].text()).collect();
    subsets.sort_unstable();
    subsets.dedup();
    (subsets.len() > 1).then(|| (hosts_of(object).map(|(_, host)| host).collect(), object))
}
