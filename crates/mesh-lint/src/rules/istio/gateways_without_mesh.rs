//! Do the callers of a Service read the VirtualService about it?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{hosts_of, is_for_mesh, virtual_services};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-gateways-without-mesh",
    severity: Severity::Warning,
    title: "a VirtualService for a Service that is called in the mesh is bound to gateways alone",
    reason: "Without `gateways` a VirtualService is for the sidecars of callers; with a list it is for those gateways \
             alone, and the sidecars pass it by unless the list has `mesh`. Calls within the mesh go without its \
             splits, limits and retries. Observed.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082}]
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
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  gateways: [istio-system/public] # <-
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
  ports: [{name: http, appProtocol: http, port: 8082}]
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
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  gateways: [istio-system/public, mesh]
  http:
  - timeout: 3s
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let called: Vec<_> = bundle.workloads().flat_map(|it| it.calls(bundle)).map(|call| call.host).collect();
    for object in virtual_services(bundle).filter(|it| !is_for_mesh(it)) {
        let hosts: Vec<_> = hosts_of(object).map(|(_, host)| host).collect();
        // A name of the world beside it is what the gateway is asked for.
        let all = hosts.len() == object["spec"]["hosts"].items().len();
        let missed = hosts.iter().find(|host| all && called.contains(host) && !has_own(bundle, **host));
        if let Some(host) = missed {
            let will = format!("not read this for calls of {} within the mesh", host.name);
            report.at(object, &object["spec"]["gateways"], will, "`mesh` in the list too");
        }
    }
}

/// Whether another VirtualService is for the callers of a Service.
fn has_own(bundle: &Bundle, host: Host<'_>) -> bool {
    virtual_services(bundle).any(|it| is_for_mesh(it) && hosts_of(it).any(|(_, it)| it == host))
}
