//! Are the limits of a rate limit ones that can be?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::POLICY;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-rate-limit-values",
    severity: Severity::Error,
    title: "a rate limit is 0, or one for a caller exceeds that for all",
    reason: "The limit for one identity and those for some callers count within the total, so Linkerd's webhook \
             refuses one that is greater, as it refuses a limit of 0 and an exception for anything but a \
             ServiceAccount. The limit that was in force before stays, or none.",
    reference: "https://linkerd.io/2/reference/rate-limiting/",
    bad: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  total: {requestsPerSecond: 100}
  identity: {requestsPerSecond: 200} # <-
"#,
    good: r#"
apiVersion: policy.linkerd.io/v1alpha1
kind: HTTPLocalRateLimitPolicy
metadata: {name: order-service, namespace: shop}
spec:
  targetRef: {group: policy.linkerd.io, kind: Server, name: order-service}
  total: {requestsPerSecond: 100}
  identity: {requestsPerSecond: 20}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for policy in bundle.of(POLICY, "HTTPLocalRateLimitPolicy") {
        let spec = &policy["spec"];
        let total = spec["total"]["requestsPerSecond"].int();
        let parts = spec["overrides"].items().iter().chain([&spec["identity"]]).map(|it| &it["requestsPerSecond"]);
        for limit in parts.chain([&spec["total"]["requestsPerSecond"]]).filter(|it| it.exists()) {
            if limit.int() == Some(0) {
                report.at(
                    policy,
                    limit,
                    "refuse the limit: 0 is none",
                    "a number above 0; to shut a port, no policy for it",
                );
            } else if total.is_some_and(|total| limit.int().is_some_and(|limit| limit > total)) {
                let will = format!(
                    "refuse the limit: {} is more than the total of {}",
                    limit.str(),
                    total.unwrap_or_default()
                );
                report.at(policy, limit, will, "at most the total");
            }
        }
        let callers = spec["overrides"].items().iter().flat_map(|it| it["clientRefs"].items());
        for caller in callers.filter(|it| it["kind"].str() != "ServiceAccount") {
            report.at(
                policy,
                &caller["kind"],
                "refuse the limit: callers are known by account",
                "kind: ServiceAccount",
            );
        }
    }
}
