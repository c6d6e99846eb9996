//! Has each Server one rate limit?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;
use std::collections::HashMap;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-rate-limit-twice",
    severity: Severity::Error,
    title: "a Server has two rate limits",
    reason: "A Server takes one HTTPLocalRateLimitPolicy: the oldest. Linkerd does not accept another one \
             (RateLimitReasonAlreadyExists in its status) and counts nothing for it.",
    reference: "https://linkerd.io/2/reference/rate-limiting/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  total: {requestsPerSecond: 100}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service-strict, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service} # <-
  total: {requestsPerSecond: 10}
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  total: {requestsPerSecond: 100}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    let mut seen: HashMap<_, &'a Object> = HashMap::new();
    for policy in bundle.of(POLICY, "HTTPLocalRateLimitPolicy") {
        let target = &policy["spec"]["targetRef"];
        let first = *seen.entry((&policy.namespace, target["name"].str())).or_insert(policy);
        if first.name != policy.name && bundle.together(first, policy) {
            report.at(
                policy,
                target,
                format!("use either this limit or {}, the older one", first.name),
                "one object with total, identity and overrides",
            );
        }
    }
}
