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
    title: "a route names its parent without the kind or the group that it is of",
    reason: "The Gateway API takes a missing `kind` for a Gateway and a missing `group` for its own. A Server and an \
             EgressNetwork are of policy.linkerd.io. A name alone, or another group, is admitted; Linkerd leaves the \
             status empty and no proxy hears of the route. Observed with a Service whose group was missing.",
    reference: "https://linkerd.io/2/reference/httproute/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {kind: Server, name: order-service} # <-
  rules:
  - matches: [{path: {type: PathPrefix, value: /orders}}]
"#,
    good: r#"
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
    for parent in bundle.routes().flat_map(Route::parents) {
        let Some((group, kind)) = meant(bundle, parent) else { continue };
        report.at(
            parent.route.object,
            parent.node,
            format!(
                "leave the route without effect: it looks for a {} of the group {:?}",
                parent.kind(),
                parent.group()
            ),
            format!("`group: {group:?}` and `kind: {kind}`"),
        );
    }
}

/// Group and kind that were meant, where others are written. Services without their group are any mesh's matter.
fn meant(bundle: &Bundle, parent: Parent<'_>) -> Option<(&'static str, &'static str)> {
    match (parent.kind(), parent.group()) {
        ("Server", group) if group != POLICY => Some((POLICY, "Server")),
        ("EgressNetwork", group) if group != POLICY => Some((POLICY, "EgressNetwork")),
        ("Gateway", "" | "core") => Some(("", "Service")),
        ("Gateway", _) if !parent.node["kind"].exists() => {
            let (namespace, name) = (parent.namespace(), parent.name());
            let gateway = bundle.named("Gateway", namespace, name).next().is_some();
            (!gateway && bundle.service(namespace, name).is_some()).then_some(("", "Service"))
        }
        _ => None,
    }
}
