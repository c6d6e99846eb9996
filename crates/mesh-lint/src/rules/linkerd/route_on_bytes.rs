//! Are routes and retries about a port on which Linkerd sees requests?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Parent, Service};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{annotations, has_requests, is_bytes, known_as, outbound_routes};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-on-bytes",
    severity: Severity::Error,
    title: "routes or retries are for a port that Linkerd carries as bytes",
    reason: "A port with an `appProtocol` other than `http` and `kubernetes.io/h2c`, `https` too, or one in the list of \
             opaque ports, is carried as bytes: there are no requests that a route could send elsewhere or that could \
             be retried. Route and annotation are accepted. A process that is to be routed speaks plain HTTP, and the \
             proxies encrypt.",
    reference: "https://linkerd.io/2/features/protocol-detection/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: https, appProtocol: https, port: 8443}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: order-service
    port: 8443 # <-
  rules:
  - backendRefs: [{name: order-service-v1, port: 8443}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: order-service, namespace: shop}
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: order-service, namespace: shop}
spec:
  parentRefs:
  - group: ""
    kind: Service
    name: order-service
    port: 8082
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in outbound_routes(bundle).flat_map(|route| route.parents()) {
        if let Some(node) = parent.service(bundle).and_then(|service| on_bytes(parent, service)) {
            report.at(
                parent.route.object,
                node,
                "read this route for no request: it carries the port as bytes",
                INSTEAD,
            );
        }
    }
    for service in bundle.services().filter(|service| !has_requests(*service) && !is_misread(*service)) {
        let about = ["retry.linkerd.io/", "timeout.linkerd.io/"];
        for entry in annotations(service.object).iter().filter(|it| about.iter().any(|key| it.key.starts_with(key))) {
            let will = format!("not use `{}`: it carries the ports as bytes and sees no requests", entry.key);
            report.span(service.object, entry.span, will, INSTEAD);
        }
    }
}

const INSTEAD: &str =
    "`appProtocol: http` at the port of a process that speaks HTTP; else neither route nor annotation";

/// The port that a route names, or the Service if it names none, where all of it is carried as bytes.
fn on_bytes<'a>(parent: Parent<'a>, service: Service<'a>) -> Option<&'a Node> {
    let number = parent.node["port"].int();
    let mut ports = service.ports().filter(|port| number.is_none() || port.number() == number).peekable();
    let node = if number.is_some() { &parent.node["port"] } else { &parent.node["name"] };
    let bytes = ports.peek().is_some() && ports.all(|port| is_bytes(service, port));
    (bytes && !is_misread(service)).then_some(node)
}

/// Whether a protocol of HTTP was meant; the Service is told so.
fn is_misread(service: Service<'_>) -> bool {
    service.ports().any(|port| known_as(port.node["appProtocol"].str()).is_some())
}
