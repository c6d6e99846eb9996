//! May a route of a gateway send to another namespace?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{GATEWAY_API, Parent, Route, RouteRule};
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-reference-grant",
    severity: Severity::Error,
    title: "a route of a gateway sends to another namespace, which does not grant it",
    reason: "A backend of another namespace needs a ReferenceGrant there. Without it the route of a gateway is \
             Accepted, its status says RefNotPermitted, and the share of requests is answered with 500. Routes whose \
             parent is a Service need none.",
    reference: "https://gateway-api.sigs.k8s.io/api-types/referencegrant/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: carrier, namespace: outside}
spec:
  selector: {app: carrier}
  ports: [{name: http, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: carrier, namespace: shop}
spec:
  parentRefs: [{name: shop}]
  rules:
  - backendRefs:
    - {name: carrier, namespace: outside, port: 80} # <-
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: from-shop, namespace: outside}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]
  to: [{group: "", kind: Service}]
---
apiVersion: v1
kind: Service
metadata: {name: carrier, namespace: outside}
spec:
  selector: {app: carrier}
  ports: [{name: http, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: carrier, namespace: shop}
spec:
  parentRefs: [{name: shop}]
  rules:
  - backendRefs:
    - {name: carrier, namespace: outside, port: 80}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let of_gateways = bundle.routes().filter(|route| route.parents().any(|parent| is_of_istio(bundle, parent)));
    for backend in of_gateways.flat_map(Route::rules).flat_map(RouteRule::backends) {
        let (from, to) = (&*backend.route.object.namespace, backend.namespace());
        // Whoever shows the Service of the other namespace would show what it grants.
        if from != to && backend.service(bundle).is_some() && !is_granted(bundle, from, to, &backend.route.object.kind)
        {
            let will = format!("answer 500 to this share: namespace {to} grants {from} nothing");
            report.at(backend.route.object, &backend.node["namespace"], will, format!("a ReferenceGrant in {to}"));
        }
    }
}

/// Whether it is a Gateway that Istio may serve: of its class, or of one that is not shown.
fn is_of_istio(bundle: &Bundle, parent: Parent<'_>) -> bool {
    let mut gateways = bundle.named("Gateway", parent.namespace(), parent.name());
    parent.kind() == "Gateway" && gateways.all(|it| it["spec"]["gatewayClassName"].str().starts_with("istio"))
}

fn is_granted(bundle: &Bundle, from: &str, to: &str, kind: &str) -> bool {
    let mut grants = bundle.of(GATEWAY_API, "ReferenceGrant").filter(|it| *it.namespace == *to);
    grants.any(|grant| {
        let mut whom = grant["spec"]["from"].items().iter();
        whom.any(|it| it["namespace"].str() == from && it["kind"].str() == kind)
    })
}
