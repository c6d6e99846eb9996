//! Is an attempt that took too long repeated?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::http_rules;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-retry-condition",
    severity: Severity::Warning,
    title: "an attempt that runs out of time is not repeated",
    reason: "What `perTryTimeout` ends is repeated only if `retryOn` has `5xx`, `gateway-error` or `reset`. The default \
             has none of them, and a bare `504` is not enough: then it is a shorter timeout and nothing else. Observed: \
             one attempt and 504, where `gateway-error` made three.",
    reference: "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    timeout: 3s
    retries:
      attempts: 2
      perTryTimeout: 500ms # <-
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    timeout: 3s
    retries:
      attempts: 2
      perTryTimeout: 500ms
      retryOn: gateway-error,connect-failure
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, rule) in http_rules(bundle) {
        let retries = &rule["retries"];
        let mut conditions = retries["retryOn"].str().split(',').map(str::trim);
        let repeats = conditions.any(|word| matches!(word, "5xx" | "gateway-error" | "reset"));
        if retries["perTryTimeout"].text().is_some() && retries["attempts"].int() != Some(0) && !repeats {
            let will = format!("answer 504 after {} instead of trying again", retries["perTryTimeout"].str());
            report.at(object, &retries["perTryTimeout"], will, "`gateway-error` or `reset` in `retryOn`, for reads");
        }
    }
}
