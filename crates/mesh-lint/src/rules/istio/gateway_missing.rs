//! Does each gateway that a VirtualService names exist?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, gateways_of, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-gateway-missing",
    severity: Severity::Error,
    title: "a VirtualService names a gateway that is not there",
    reason: "The name is looked up in the VirtualService's own namespace unless one stands before it, `namespace/name`. \
             With a name that does not exist the VirtualService is accepted and bound to nothing: 404 at the ingress.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api-gateway, namespace: shop}
spec:
  hosts: ["*"]
  gateways: [shop-gateway] # <-
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
    hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api-gateway, namespace: shop}
spec:
  hosts: ["*"]
  gateways: [shop]
  http:
  - route:
    - {destination: {host: api-gateway.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle) {
        for (node, namespace, name) in gateways_of(object) {
            let known = bundle.of(NETWORKING, "Gateway").any(|it| *it.namespace == *namespace);
            let exists = bundle.named("Gateway", namespace, name).next().is_some();
            // A short name that is a Gateway of another namespace was meant for that one.
            let elsewhere =
                bundle.of(NETWORKING, "Gateway").find(|it| *it.name == *name && *it.namespace != *namespace);
            if !exists && (known || elsewhere.is_some()) {
                let instead = match elsewhere {
                    Some(other) => format!("{}/{}", other.namespace, other.name),
                    None => "the name of a Gateway, with its namespace: `shop/shop`".to_owned(),
                };
                report.at(
                    object,
                    node,
                    format!("take no request from outside: there is no Gateway {namespace}/{name}"),
                    instead,
                );
            }
        }
    }
}
