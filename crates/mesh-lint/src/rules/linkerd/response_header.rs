//! Does a header filter change what it says?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{GATEWAY_API, Route};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{POLICY, outbound_routes};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-response-header",
    severity: Severity::Error,
    title: "Linkerd's own HTTPRoute changes response headers for a Service",
    reason: "For routes of policy.linkerd.io that are attached to a Service, the policy controller hands a \
             ResponseHeaderModifier to proxies as a modifier of the request (read in its source, edge 26.8): the \
             header reaches the callee and never the caller.",
    reference: "https://github.com/linkerd/linkerd2/blob/main/policy-controller/k8s/index/src/outbound/index/http.rs",
    bad: r#"
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata:
  name: order-service
  namespace: shop
spec:
  parentRefs:
  - {group: "", kind: Service, name: order-service, port: 8082}
  rules:
  - filters:
    - type: ResponseHeaderModifier # <-
      responseHeaderModifier: {set: [{name: x-release, value: v2}]}
    backendRefs: [{name: order-service-v2, port: 8082}]
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
  - filters:
    - type: ResponseHeaderModifier
      responseHeaderModifier: {set: [{name: x-release, value: v2}]}
    backendRefs: [{name: order-service-v2, port: 8082}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in outbound_routes(bundle).filter(|route| *route.object.group == *POLICY).flat_map(Route::rules) {
        for filter in rule.node["filters"].items().iter().filter(|it| it["type"].str() == "ResponseHeaderModifier") {
            report.at(
                rule.route.object,
                &filter["type"],
                "change the request's headers instead of the response's",
                format!("the HTTPRoute of {GATEWAY_API}/v1, where the filter does what it says"),
            );
        }
    }
}
