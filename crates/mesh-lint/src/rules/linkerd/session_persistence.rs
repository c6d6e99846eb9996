//! Does a route ask for sticky sessions?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::Route;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-session-persistence",
    severity: Severity::Error,
    title: "a route asks for session persistence",
    reason: "The Gateway API has an experimental field `sessionPersistence`, which sends the requests of one client \
             to one pod. Linkerd balances each request by itself and knows no sessions; a route that holds fields \
             which its types do not know is passed over, or the field has no effect.",
    reference: "https://linkerd.io/2/features/load-balancing/",
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
  - sessionPersistence: {sessionName: cart, type: Cookie} # <-
    backendRefs: [{name: order-service-v1, port: 8082}]
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
    for rule in outbound_routes(bundle).flat_map(Route::rules) {
        let sessions = &rule.node["sessionPersistence"];
        if sessions.exists() {
            report.at(
                rule.route.object,
                sessions,
                "send each request to the pod that answers fastest, whoever asks",
                "state outside of the process, so that any pod can answer",
            );
        }
    }
}
