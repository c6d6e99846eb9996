//! Does a route for an EgressNetwork name a port?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::is_egress;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-egress-route-port",
    severity: Severity::Error,
    title: "a route is attached to an EgressNetwork without a port",
    reason: "What leaves the cluster is recognised by address and port, so Linkerd's webhook refuses a route for an \
             EgressNetwork that names no port. Pipelines that apply file by file leave the network behind without its \
             routes, and a policy of Deny then shuts everything.",
    reference: "https://linkerd.io/2/reference/egress-network/",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: carrier
  namespace: shop
spec:
  parentRefs:
  - {group: policy.linkerd.io, kind: EgressNetwork, name: outside} # <-
  rules:
  - matches: [{path: {type: PathPrefix, value: /}}]
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
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for parent in bundle.routes().flat_map(Route::parents) {
        if is_egress(parent) && !parent.node["port"].exists() {
            report.at(
                parent.route.object,
                parent.node,
                "refuse the route: an EgressNetwork is a parent only together with a port",
                "`port`, such as 80, in a route for each port",
            );
        }
    }
}
