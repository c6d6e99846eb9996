//! Is a Service's name written in full, or as its first part alone?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Host;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{NETWORKING, destinations, virtual_services};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-host-cut-short",
    severity: Severity::Error,
    title: "a host is a Service's name without its end",
    reason: "Istio completes names without a dot, and takes all others as they stand: `order-service.shop` and \
             `order-service.shop.svc` are hosts that no Service has, although a resolver finds it by them. Observed: \
             a destination answers 503, the rules of a VirtualService and of a DestinationRule apply to no call.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
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
        host: order-service.shop # <-
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc # <-
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
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
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: order-service, namespace: shop}
spec:
  host: order-service.shop.svc.cluster.local
  trafficPolicy:
    connectionPool: {http: {maxRetries: 8}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, node, will) in hosts(bundle) {
        if let Some(host) = Host::cut_short(node.str(), bundle) {
            report.at(object, node, will, format!("{}, or the name without a dot in its own namespace", host.full()));
        }
    }
}

/// Each host that an object names, and what becomes of it if no Service has it.
fn hosts(bundle: &Bundle) -> impl Iterator<Item = (&Object, &Node, &'static str)> {
    let destinations = destinations(bundle).map(|(object, it)| (object, &it["host"]));
    let rules = bundle.of(NETWORKING, "DestinationRule").map(|object| (object, &object["spec"]["host"]));
    let services =
        virtual_services(bundle).flat_map(|it| it["spec"]["hosts"].items().iter().map(move |node| (it, node)));
    let destinations = destinations.map(|(object, node)| (object, node, "answer 503 to each request of this route"));
    let rules = rules.map(|(object, node)| (object, node, "apply this rule to nothing"));
    let services = services.map(|(object, node)| (object, node, "read this for no call of the Service"));
    destinations.chain(rules).chain(services)
}
