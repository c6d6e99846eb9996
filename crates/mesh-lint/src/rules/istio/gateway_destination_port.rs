//! Does a route of a gateway say which of several ports it means?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{destinations, gateways_of};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-gateway-destination-port",
    severity: Severity::Error,
    title: "a route of a gateway leaves open which of several ports it means",
    reason: "Without a port Istio takes the Service's only one; if there are several, it takes that of the listener. At \
             an ingress gateway that is 80 or 443, which the Service does not have: 503 with the flag NC for each \
             request.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: api-gateway, namespace: shop}
spec:
  selector: {app: api-gateway}
  ports: [{name: http, appProtocol: http, port: 8080}, {name: grpc, appProtocol: grpc, port: 9090}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api-gateway, namespace: shop}
spec:
  hosts: ["*"]
  gateways: [shop]
  http:
  - route:
    - destination: # <-
        host: api-gateway.shop.svc.cluster.local
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: api-gateway, namespace: shop}
spec:
  selector: {app: api-gateway}
  ports: [{name: http, appProtocol: http, port: 8080}, {name: grpc, appProtocol: grpc, port: 9090}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api-gateway, namespace: shop}
spec:
  hosts: ["*"]
  gateways: [shop]
  http:
  - route:
    - destination:
        host: api-gateway.shop.svc.cluster.local
        port: {number: 8080}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, destination) in destinations(bundle).filter(|(object, _)| gateways_of(object).next().is_some()) {
        let host = Host::of(destination["host"].str(), &object.namespace);
        let Some(service) = host.and_then(|host| host.service(bundle)) else { continue };
        let ports: Vec<_> = service.ports().filter_map(|port| port.number()).collect();
        let listens = listeners(bundle, object);
        let reached = !listens.is_empty() && listens.iter().all(|it| ports.contains(it));
        let usual = listens.is_empty() && (ports.contains(&80) || ports.contains(&443));
        if ports.len() > 1 && destination["port"]["number"].is_null() && !reached && !usual {
            let will =
                format!("answer 503 (flag NC): it looks for the gateway's port in Service {}", service.object.name);
            report.at(object, destination, will, format!("`port: {{number: ...}}`, one of {ports:?}"));
        }
    }
}

/// The ports at which the gateways of a VirtualService listen, as far as the bundle has them.
fn listeners(bundle: &Bundle, object: &Object) -> Vec<i64> {
    let gateways = gateways_of(object).flat_map(|(_, namespace, name)| bundle.named("Gateway", namespace, name));
    let servers = gateways.flat_map(|gateway| gateway["spec"]["servers"].items());
    servers.filter_map(|server| server["port"]["number"].int()).collect()
}
