//! Is each backend of a kind that Linkerd can send to?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Route, RouteRule};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, is_egress, outbound_routes};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-kind",
    severity: Severity::Error,
    title: "a route of a Service sends to something that is neither a Service nor an EgressNetwork",
    reason: "The Gateway API lets implementations bring their own kinds of backends. Linkerd knows Services, and \
             EgressNetworks for routes that are attached to one; it admits all others for the sake of other readers \
             and answers 500 to the share that they get.",
    reference: "https://github.com/linkerd/linkerd2/blob/main/policy-controller/k8s/index/src/outbound/index/http.rs",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{group: multicluster.x-k8s.io, kind: ServiceImport, name: order-service, port: 8082}] # <-
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - backendRefs: [{name: order-service, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for backend in outbound_routes(bundle).flat_map(Route::rules).flat_map(RouteRule::backends) {
        let egress = backend.node["kind"].str() == "EgressNetwork" && backend.node["group"].str() == POLICY;
        let known = backend.is_service() || egress && backend.route.parents().any(is_egress);
        if !known {
            report.at(
                backend.route.object,
                &backend.node["kind"],
                format!("answer 500 to this backend's share: it cannot send to {}", backend.node["kind"].str()),
                "a Service of the core group",
            );
        }
    }
}
