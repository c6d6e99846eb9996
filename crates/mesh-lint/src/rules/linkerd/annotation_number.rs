//! Can Linkerd read the numbers in annotations about calls?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{annotations, is_go_bool};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-annotation-number",
    severity: Severity::Error,
    title: "a number in an annotation that Linkerd cannot read, or a limit of 0",
    reason: "A limit that is no whole number up to 65535 spoils the retries of a Service, a count or a ratio that \
             cannot be read its circuit breaking: the Service is admitted, the feature is off, and the policy \
             controller logs one line. `retry.linkerd.io/limit: \"0\"` counts as not set, so one retry is made.",
    reference: "https://linkerd.io/2/reference/circuit-breaking/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive
    balancer.linkerd.io/failure-accrual-consecutive-max-failures: "seven" # <-
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual: consecutive
    balancer.linkerd.io/failure-accrual-consecutive-max-failures: "7"
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        for entry in annotations(object) {
            let value = entry.value.str();
            if &*entry.key == "retry.linkerd.io/limit" && value.trim() == "0" {
                let will = "take 0 for not set and retry once";
                report.at(object, &entry.value, will, "no annotation about retries where nothing is to be retried");
            } else if let Some(instead) = wrong(&entry.key, value) {
                let will = format!("not read {value:?}, and do without what `{}` belongs to", entry.key);
                report.at(object, &entry.value, will, instead);
            }
        }
    }
}

/// What the value should be, where it is something else.
fn wrong(key: &str, value: &str) -> Option<&'static str> {
    let trimmed = value.trim();
    let ratio = |top: f64| trimmed.parse::<f64>().is_ok_and(|it| (0.0..=top).contains(&it));
    let (fine, instead) = match key {
        "retry.linkerd.io/limit" => (value.parse::<u16>().is_ok(), "a whole number in quotes, such as \"2\""),
        "balancer.linkerd.io/failure-accrual-consecutive-max-failures" => {
            (trimmed.parse::<u32>().is_ok(), "a whole number in quotes, such as \"7\"")
        }
        "balancer.alpha.linkerd.io/failure-accrual-success-rate-min-requests" => {
            (trimmed.parse::<u32>().is_ok_and(|it| it <= 1_000_000), "a whole number in quotes up to \"1000000\"")
        }
        "balancer.linkerd.io/failure-accrual-consecutive-jitter-ratio" => {
            (ratio(100.0), "a ratio in quotes, such as \"0.5\"")
        }
        "balancer.alpha.linkerd.io/failure-accrual-success-rate-threshold" => {
            (ratio(1.0), "a ratio in quotes from \"0\" to \"1\"")
        }
        "balancer.alpha.linkerd.io/penalize-failures"
        | "balancer.alpha.linkerd.io/failure-accrual-honor-retry-after" => {
            (is_go_bool(trimmed), "\"true\" or \"false\", in quotes")
        }
        _ => return None,
    };
    (!fine).then_some(instead)
}
