//! Are HTTP rules for ports that speak HTTP?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Port;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_for_mesh, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-http-rule-on-tcp-port",
    severity: Severity::Error,
    title: "rules for HTTP on a Service that declares no HTTP port",
    reason: "A VirtualService's `http` rules are used on ports that are HTTP. On a port that is named `tcp-...` or has \
             `appProtocol: tcp` they are accepted and ignored: no routes, no retries, no timeout.",
    reference: "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: tcp-orders, port: 8082}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local] # <-
  http:
  - timeout: 3s
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http-orders, port: 8082}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - timeout: 3s
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in virtual_services(bundle).filter(|it| is_for_mesh(it) && !it["spec"]["http"].items().is_empty()) {
        for (node, host) in hosts_of(object) {
            let Some(service) = host.service(bundle) else { continue };
            let tcp = |port: Port<'_>| {
                let known = ["tcp", "tls", "https", "mongo", "mysql", "redis", "udp"];
                port.protocol().is_some_and(|protocol| known.contains(&protocol))
            };
            if service.ports().next().is_some() && service.ports().all(tcp) {
                let will = format!("ignore these rules: Service {} declares no port that speaks HTTP", host.name);
                report.at(object, node, will, "`appProtocol: http` on the port, or rules under `tcp`");
            }
        }
    }
}
