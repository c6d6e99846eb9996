//! Fits the protocol of a Server what is attached to it?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, points_at, servers};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-server-protocol",
    severity: Severity::Error,
    title: "the protocol of a Server does not fit the routes and limits for it",
    reason: "A Server with `opaque` or `TLS` counts connections and sees no requests: HTTPRoutes, GRPCRoutes and rate \
             limits for it have no effect, and a policy for such a route lets nobody in. HTTPRoutes for a Server of \
             `gRPC` are not used either. Another word than the six that exist is refused.",
    reference: "linkerd/linkerd2#13507",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: opaque # <-
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: Server, name: order-service}
  rules:
  - matches: [{path: {type: PathPrefix, value: /orders}}]
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: order-service, namespace: shop}
spec:
  podSelector: {matchLabels: {app: order-service}}
  port: http
  proxyProtocol: HTTP/1
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: Server, name: order-service}
  rules:
  - matches: [{path: {type: PathPrefix, value: /orders}}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for server in servers(bundle) {
        let protocol = &server.object["spec"]["proxyProtocol"];
        let kinds: Vec<_> = server.routes(bundle).map(|route| &*route.object.kind).collect();
        let limited = bundle.of(POLICY, "HTTPLocalRateLimitPolicy").any(|limit| {
            limit.namespace == server.object.namespace
                && points_at(&limit["spec"]["targetRef"], POLICY, "Server", &server.object.name)
        });
        let will = match protocol.str() {
            "opaque" | "TLS" if !kinds.is_empty() => {
                format!("see no requests on this port, and so use no {}", kinds[0])
            }
            "opaque" | "TLS" if limited => "see no requests on this port, and so limit none".to_owned(),
            "gRPC" if kinds.contains(&"HTTPRoute") => "not use the HTTPRoutes of this Server".to_owned(),
            "" | "unknown" | "HTTP/1" | "HTTP/2" | "gRPC" | "opaque" | "TLS" => continue,
            other => format!("refuse the Server: it knows no protocol {other:?}"),
        };
        report.at(server.object, protocol, will, "HTTP/1 or HTTP/2, as the pods speak it; GRPCRoutes for gRPC");
    }
}
