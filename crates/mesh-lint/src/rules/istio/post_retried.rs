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

/// Whether a condition admits a method that changes something, without a key that makes repeating it safe.
fn takes_writes(condition: &Node) -> bool {
    let method = &condition["method"];
    let words = [&method["exact"], &method["prefix"], &method["regex"]].into_iter().filter_map(Node::text);
    let mut methods =
        words.flat_map(|it| it.split(['|', '(', ')', '^', '$'])).filter(|word| !word.is_empty()).peekable();
    let writes = methods.peek().is_none() || methods.any(|it| !matches!(it, "GET" | "HEAD" | "OPTIONS" | "TRACE"));
    let keyed = condition["headers"].entries().iter().any(|it| it.key.to_ascii_lowercase().contains("idempotency"));
    writes && !keyed
}
