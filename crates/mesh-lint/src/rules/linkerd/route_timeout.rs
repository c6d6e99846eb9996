//! Does the time limit of a rule take effect?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{GATEWAY_API, Route};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{is_duration, outbound_routes};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-route-timeout",
    severity: Severity::Error,
    title: "the time limit of a rule is one that Linkerd cannot read, or an annotation replaces it",
    reason: "The Gateway API allows sums of units in `timeouts.request`, such as 1m30s. Linkerd's policy controller \
             reads one number and one unit and drops a value that it cannot read without a log line (read in its \
             source); then there is no limit. And the annotation timeout.linkerd.io/request of the route wins over \
             the field in each of its rules.",
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
  - timeouts: {request: 1m30s} # <-
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
  - timeouts: {request: 90s}
    backendRefs: [{name: order-service-v1, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    // Linkerd's own HTTPRoute has a type of its own for durations, which knows sums.
    for rule in outbound_routes(bundle).filter(|route| *route.object.group == *GATEWAY_API).flat_map(Route::rules) {
        let limit = &rule.node["timeouts"]["request"];
        let annotation = rule.route.object.annotation("timeout.linkerd.io/request");
        if !limit.exists() {
            continue;
        }
        if !is_duration(limit.str()) {
            let will = format!("wait without a limit: it cannot read {:?}", limit.str());
            report.at(rule.route.object, limit, will, "one number and one unit, such as 90s");
        } else if annotation.exists() && annotation.str() != limit.str() {
            let will = format!("use {} of the annotation for this rule too and not {}", annotation.str(), limit.str());
            report.at(rule.route.object, limit, will, "one of the two, the field where rules differ");
        }
    }
}
