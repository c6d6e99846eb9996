//! Can Linkerd read what is to be retried?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::annotations;

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-retry-condition",
    severity: Severity::Error,
    title: "a condition of retries that Linkerd cannot read",
    reason: "`retry.linkerd.io/http` is a list of statuses, ranges of them, `5xx` and `gateway-error`, \
             `retry.linkerd.io/grpc` one of gRPC codes; a blank after a comma belongs to the next entry. One entry \
             that cannot be read spoils the list: a route is refused (observed with `502, 503`), on a Service nothing \
             is retried and only the policy controller's log says so.",
    reference: "https://linkerd.io/2/reference/retries/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    retry.linkerd.io/grpc: internal, unavailable # <-
spec:
  selector: {app: order-service}
  ports: [{name: grpc, appProtocol: kubernetes.io/h2c, port: 8082, targetPort: http}]
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    retry.linkerd.io/grpc: internal,unavailable
spec:
  selector: {app: order-service}
  ports: [{name: grpc, appProtocol: kubernetes.io/h2c, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for object in bundle.objects() {
        for entry in annotations(object) {
            let (wrong, words) = match &*entry.key {
                "retry.linkerd.io/http" => (entry.value.str().split(',').find(|it| !is_status(it)), HTTP),
                "retry.linkerd.io/grpc" => (entry.value.str().split(',').find(|it| !is_code(it)), GRPC),
                _ => continue,
            };
            let Some(wrong) = wrong else { continue };
            let consequence = if object.is("", "Service") { "retry nothing" } else { "refuse the route" };
            report.at(object, &entry.value, format!("{consequence}: it cannot read {wrong:?}"), words);
        }
    }
}

const HTTP: &str = "a list without blanks of 5xx, gateway-error, statuses such as 503 and ranges such as 502-504";
const GRPC: &str = "a list without blanks of cancelled, deadline-exceeded, internal, resource-exhausted, unavailable";

fn is_status(text: &str) -> bool {
    let status = |text: &str| text.parse::<u32>().ok().filter(|status| (100..600).contains(status));
    let range = |(from, to)| status(from).zip(status(to)).is_some_and(|(from, to)| from <= to);
    text.eq_ignore_ascii_case("5xx")
        || text.eq_ignore_ascii_case("gateway-error")
        || status(text).is_some()
        || text.split_once('-').is_some_and(range)
}

fn is_code(text: &str) -> bool {
    let codes = ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"];
    codes.iter().any(|code| text.eq_ignore_ascii_case(code))
}
