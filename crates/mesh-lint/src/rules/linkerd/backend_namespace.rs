//! Where does a consumer's route look for its backends?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::RouteRule;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-backend-namespace",
    severity: Severity::Error,
    title: "a route for a Service of another namespace sends to a backend without a namespace",
    reason: "The Gateway API looks for a backend without a namespace in the route's own. Linkerd looks in the \
             parent's (read in the source of its policy controller). So a consumer's route means another Service than \
             its author, or one that is not there.",
    reference: "https://github.com/linkerd/linkerd2/blob/main/policy-controller/k8s/index/src/outbound/index/http.rs",
    bad: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: checkout
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, namespace: shop, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v2, port: 8082}] # <-
"#,
    good: r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: order-service
  namespace: checkout
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, namespace: shop, port: 8082}
  rules:
  - backendRefs: [{name: order-service-v2, namespace: shop, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for route in outbound_routes(bundle) {
        let Some(parent) = route.parents().find(|parent| *parent.namespace() != *route.object.namespace) else {
            continue;
        };
        let backends = route.rules().flat_map(RouteRule::backends);
        for backend in backends.filter(|backend| backend.is_service() && !backend.node["namespace"].exists()) {
            report.at(
                route.object,
                &backend.node["name"],
                format!(
                    "look for {} in the parent's namespace {} and not in {}",
                    backend.name(),
                    parent.namespace(),
                    route.object.namespace
                ),
                "`namespace` at each backend",
            );
        }
    }
}
