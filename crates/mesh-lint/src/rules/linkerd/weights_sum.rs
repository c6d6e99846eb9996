//! Do weights that look like percentages add up to 100?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::model::{Backend, Route};
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::outbound_routes;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-weights-sum",
    severity: Severity::Warning,
    title: "the weights of a rule look like percentages and do not add up to 100",
    reason: "Linkerd sends each backend its weight's part of the sum, whatever that is, so nothing complains: 90 and \
             20 are 82 % and 18 %, and a weight that was forgotten counts as 1. In a canary step the share is then \
             another than everybody reads.",
    reference: "https://linkerd.io/2/tasks/traffic-shifting/",
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
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90} # <-
    - {name: order-service-v2, port: 8082, weight: 20}
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
  - backendRefs:
    - {name: order-service-v1, port: 8082, weight: 90}
    - {name: order-service-v2, port: 8082, weight: 10}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for rule in outbound_routes(bundle).flat_map(Route::rules) {
        let weights: Vec<_> = rule.backends().map(Backend::weight).collect();
        let sum = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
        let equal = weights.iter().all(|weight| Some(weight) == weights.first());
        // 3 to 1 and 9 to 1 are ratios that nobody takes for percentages.
        if equal || sum <= 20 || sum % 100 == 0 {
            continue;
        }
        let written = rule.backends().map(|backend| &backend.node["weight"]).find(|weight| weight.exists());
        let shares: Vec<_> =
            rule.backends().map(|it| format!("{} {} %", it.name(), percent(it.weight(), sum))).collect();
        report.at(
            rule.route.object,
            written.unwrap_or(rule.node),
            format!("divide by the sum {sum}: {}", shares.join(", ")),
            "weights that add up to 100, one at each backend",
        );
    }
}

fn percent(weight: i64, sum: i64) -> i64 {
    (weight.saturating_mul(100) + sum / 2) / sum
}
