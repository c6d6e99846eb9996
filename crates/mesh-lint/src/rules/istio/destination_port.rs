//! Does each destination name a port that the Service has?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::destinations;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-destination-port",
    severity: Severity::Error,
    title: "a route sends to a port that the Service does not have",
    reason: "`destination.port.number` is the port of the Service. istiod accepts any number and makes a route to a \
             cluster that does not exist: 503 with the flag NC. Observed: a sidecar that knew the port when the Service \
             still had it keeps the cluster, without endpoints, and its flag is UH.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: 8082}]
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
        port: {number: 8082} # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 80, targetPort: 8082}]
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
        port: {number: 80}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, destination) in destinations(bundle) {
        let host = Host::of(destination["host"].str(), &object.namespace);
        let number = &destination["port"]["number"];
        let Some(service) = host.and_then(|host| host.service(bundle)).filter(|_| !number.is_null()) else { continue };
        if number.int().is_none_or(|number| service.port(number).is_none()) {
            let will =
                format!("answer 503 (flag NC, or UH): Service {} has no port {}", service.object.name, number.str());
            report.at(object, number, will, "the number under `port` in the Service");
        }
    }
}
