//! Does a second attempt have the time that the first one has?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::duration;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::http_rules;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-second-try-cut",
    severity: Severity::Warning,
    title: "a second attempt has less time than the first",
    reason: "`timeout` bounds all attempts together. After a first one that took all of its `perTryTimeout` the rest \
             is too short for another like it: the second is cut off in the middle, and the callee worked twice for \
             one 504. How many attempts there are in the end is a matter of time: observed, of five allowed ones with \
             900 ms each three began within 2 s.",
    reference: "https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {exact: GET}}]
    timeout: 2s
    retries:
      attempts: 2
      perTryTimeout: 1500ms # <-
      retryOn: connect-failure,reset
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
    timeout: 2s
    retries:
      attempts: 2
      perTryTimeout: 900ms
      retryOn: connect-failure,reset
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
        // One that is not even shorter is another mistake.
        if one < all && one.saturating_mul(2) > all && rule["retries"]["attempts"].int() != Some(0) {
            let will =
                format!("cut a second attempt off after {:?}, although {:?} are allowed", all.saturating_sub(one), one);
            report.at(object, attempt, will, "at most half of `timeout`");
        }
    }
}
