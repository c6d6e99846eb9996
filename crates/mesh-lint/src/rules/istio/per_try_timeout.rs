//! Is there time for a second attempt?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::duration;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::http_rules;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-per-try-timeout",
    severity: Severity::Warning,
    title: "one attempt may take as long as all of them",
    reason: "`timeout` bounds all attempts together. A `perTryTimeout` that is not shorter never ends an attempt: a \
             slow answer uses the whole budget, and the retries that stand beside it do not happen.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - timeout: 2s
    retries:
      attempts: 2
      perTryTimeout: 2s # <-
      retryOn: connect-failure,reset
    match: [{method: {exact: GET}}]
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
  - timeout: 2s
    retries:
      attempts: 2
      perTryTimeout: 600ms
      retryOn: connect-failure,reset
    match: [{method: {exact: GET}}]
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
  - route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, rule) in http_rules(bundle) {
        let attempt = &rule["retries"]["perTryTimeout"];
        let (Some(one), Some(all)) = (duration(attempt.str()), duration(rule["timeout"].str())) else { continue };
        if !all.is_zero() && one >= all && rule["retries"]["attempts"].int() != Some(0) {
            let will = format!("end everything after {}, before a second attempt begins", rule["timeout"].str());
            report.at(object, attempt, will, "a `perTryTimeout` well below `timeout`");
        }
    }
}
