//! Are writes sent again?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::istio::support::{http_rules, retries_answers};
use crate::yaml::Node;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-post-retried",
    severity: Severity::Error,
    title: "writes are sent again after an answer",
    reason: "`5xx`, `gateway-error`, `reset` and status codes repeat a request that a process may have carried out. A \
             rule that does not tell methods apart repeats POST with it: two orders, two payments. Istio cannot limit \
             retries to a method, but a rule can be.",
    reference: "https://github.com/istio/istio/issues/13851",
    bad: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - retries:
      attempts: 3
      retryOn: 5xx,connect-failure # <-
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    good: r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: order-service, namespace: shop}
spec:
  hosts: [order-service.shop.svc.cluster.local]
  http:
  - match: [{method: {regex: GET|HEAD}}]
    retries: {attempts: 3, retryOn: "5xx,connect-failure"}
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
  - retries: {attempts: 0}
    route:
    - {destination: {host: order-service.shop.svc.cluster.local}}
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for (object, rule) in http_rules(bundle) {
        let matches = rule["match"].items();
        let writes = matches.is_empty() || matches.iter().any(takes_writes);
        if let Some(node) = retries_answers(rule).filter(|_| writes) {
            let will = "send a POST again that a process may have carried out already";
            let instead =
                "a rule with `match: [{method: {regex: GET|HEAD}}]` for these retries, `attempts: 0` for the rest";
            report.at(object, node, will, instead);
        }
    }
}

/// Whether a condition admits a method that may not be repeated, without a key that makes repeating it safe.
fn takes_writes(condition: &Node) -> bool {
    let method = &condition["method"];
    let (exact, prefix) = (method["exact"].text(), method["prefix"].text());
    let words = method["regex"].text().map(|it| it.split(['|', '(', ')', '^', '$']).filter(|word| !word.is_empty()));
    let writes = match (exact, prefix, words) {
        (Some(exact), ..) => WRITES.contains(&exact),
        (_, Some(prefix), _) => WRITES.iter().any(|it| it.starts_with(prefix)),
        (.., Some(mut words)) => words.any(may_be_a_write),
        _ => true,
    };
    let keyed = condition["headers"].entries().iter().any(|it| it.key.to_ascii_lowercase().contains("idempotency"));
    writes && !keyed
}

/// The methods of which a second time may do more than the first.
const WRITES: [&str; 2] = ["POST", "PATCH"];

/// A word of a regular expression; what stands before its first sign must be the beginning of a method.
fn may_be_a_write(word: &str) -> bool {
    match word.find(|it: char| !it.is_ascii_alphabetic()) {
        Some(sign) => WRITES.iter().any(|it| it.starts_with(&word[..sign])),
        None => WRITES.contains(&word),
    }
}
