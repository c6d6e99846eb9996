//! Is the parent of a route named by the group that has its kind?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Parent, Route};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-parent-group",
    severity: Severity::Error,
    title: "a route names its parent by a group or a kind that means something else",
    reason: "The Gateway API takes a missing `group` for its own and a missing `kind` for a Gateway. A Service is of \
             the core group, which is written as an empty text, a Server or an EgressNetwork is of policy.linkerd.io. \
             With any other pair the route is admitted, Linkerd leaves its status empty and no proxy hears of it. \
             Observed.",
    reference: "httproute/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {kind: Service, name: order-service, port: 8082} # <-
  rules:
  - backendRefs: [{name: order-service-v1, port: 8082}]
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
  - backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in bundle.routes().flat_map(Route::parents) {
        let Some(group) = meant(bundle, parent) else { continue };
        report.at(
            parent.route.object,
            parent.node,
            format!(
                "leave the route without a status and without effect: there is no {} of the group {:?}",
                parent.kind(),
                parent.group()
            ),
            format!("`group: {group:?}` and the kind, for it is not a Gateway"),
        );
    }
}

/// The group that was meant, where another one is written.
fn meant(bundle: &Bundle, parent: Parent<'_>) -> Option<&'static str> {
    match (parent.kind(), parent.group()) {
        ("Service", group) => (!matches!(group, "" | "core")).then_some(""),
        ("Server" | "EgressNetwork", group) => (group != POLICY).then_some(POLICY),
        ("Gateway", "" | "core") => Some(""),
        ("Gateway", _) if !parent.node["kind"].exists() => {
            let place = (parent.namespace(), parent.name());
            let gateway = bundle.named("Gateway", place.0, place.1).next().is_some();
            (!gateway && bundle.service(place.0, place.1).is_some()).then_some("")
        }
        _ => None,
    }
}
