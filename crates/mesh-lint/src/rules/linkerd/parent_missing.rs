//! Is there the Server or the EgressNetwork that a route is attached to?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, is_egress, is_server};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-parent-missing",
    severity: Severity::Error,
    title: "a route is attached to a Server or an EgressNetwork that is not there",
    reason: "Linkerd gives such a route the status `Accepted: False` with the reason NoMatchingParent and tells no \
             proxy of it, while applying it reports success. A policy for the route then lets nobody in, and a host \
             that the route was to open stays shut.",
    reference: "https://linkerd.io/2/reference/httproute/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: carrier
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: EgressNetwork, name: world, port: 80} # <-
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: EgressNetwork
metadata: {name: outside, namespace: shop}
spec: {trafficPolicy: Deny}
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: carrier
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: EgressNetwork, name: outside, port: 80}
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: EgressNetwork
metadata: {name: outside, namespace: shop}
spec: {trafficPolicy: Deny}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in bundle.routes().flat_map(Route::parents).filter(|it| is_server(*it) || is_egress(*it)) {
        let (namespace, name, kind) = (parent.namespace(), parent.name(), parent.kind());
        // Where others of the kind stand beside the route, this one would too.
        let folder = parent.route.object.source.folder();
        let known = bundle.of(POLICY, kind).any(|it| *it.namespace == *namespace && it.source.folder() == folder);
        if known && bundle.named(kind, namespace, name).next().is_none() {
            report.at(
                parent.route.object,
                &parent.node["name"],
                format!("not accept the route (NoMatchingParent): there is no {kind} {name} in {namespace}"),
                "the name of one that is there",
            );
        }
    }
}
