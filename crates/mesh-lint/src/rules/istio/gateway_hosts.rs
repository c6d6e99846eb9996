//! Does the gateway listen for the hosts of the VirtualService?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{gateways_of, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-gateway-hosts",
    severity: Severity::Error,
    title: "a gateway does not listen for the hosts of a VirtualService",
    reason: "A gateway takes the hosts of its servers only. A VirtualService bound to it whose hosts are others is \
             accepted, and its requests get 404.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0132/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [shop.example.com]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api-gateway, namespace: shop}
spec:
  hosts: [www.example.com] # <-
  gateways: [shop]
  http:
  - route:
    - {destination: {host: api-gateway.shop.svc.cluster.local}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [shop.example.com]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api-gateway, namespace: shop}
spec:
  hosts: [shop.example.com]
  gateways: [shop]
  http:
  - route:
    - {destination: {host: api-gateway.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle) {
        let hosts = &object["spec"]["hosts"];
        for (_, namespace, name) in gateways_of(object) {
            let served: Vec<_> = bundle.named("Gateway", namespace, name).flat_map(served).collect();
            let meets = hosts.items().iter().any(|host| served.iter().any(|it| meets(it, host.str())));
            if !served.is_empty() && !meets {
                let will = format!("answer 404 at Gateway {name}, which listens for {}", served.join(", "));
                report.at(object, hosts, will, "one of the gateway's hosts, or this host in the gateway");
            }
        }
    }
}

/// The hosts that a gateway listens for, without the namespaces that may stand before them.
fn served(gateway: &Object) -> Vec<&str> {
    let hosts = gateway["spec"]["servers"].items().iter().flat_map(|server| server["hosts"].items());
    hosts.map(|host| host.str().rsplit('/').next().unwrap_or_default()).collect()
}

/// Whether two hosts have any name in common.
fn meets(one: &str, other: &str) -> bool {
    let covers = |pattern: &str, host: &str| pattern.strip_prefix('*').is_some_and(|end| host.ends_with(end));
    one == other || covers(one, other) || covers(other, one)
}
