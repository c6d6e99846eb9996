//! Does each host that a route sends to exist?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::destinations;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-host-missing",
    severity: Severity::Error,
    title: "a route sends to a host that is not there",
    reason: "istiod accepts a destination that no Service and no ServiceEntry of the mesh has. Envoy then has no \
             cluster of that name: 503 for each request. Short names are completed with the namespace of the \
             VirtualService, not of the caller, so a name that is right in one namespace is missing in another.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0101/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - destination:
        host: orders-service.shop.svc.cluster.local # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: 8082}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - route:
    - destination:
        host: order-service.shop.svc.cluster.local
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, destination) in destinations(bundle) {
        let node = &destination["host"];
        let Some(host) = Host::of(node.str(), &object.namespace) else { continue };
        let entered = [node.str(), &host.full()].iter().any(|name| bundle.has_entry(name));
        if entered || !bundle.lacks_service(object, host.namespace, host.name) {
            continue;
        }
        let elsewhere = bundle.services().find(|service| *service.object.name == *host.name);
        let instead = match elsewhere {
            Some(service) => {
                format!("{}.{}.svc.cluster.local, where that Service is", host.name, service.object.namespace)
            }
            None => "the full name of a Service, or a ServiceEntry for it".to_owned(),
        };
        report.at(
            object,
            node,
            format!("answer 503 to each request of this route: there is no {}", host.full()),
            instead,
        );
    }
}
