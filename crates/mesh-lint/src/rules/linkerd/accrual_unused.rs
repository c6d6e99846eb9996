//! Do the settings of circuit breaking belong to a mode that is on?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::object::Object;
use crate::rule::{Rule, Severity};
use crate::rules::linkerd::support::{BALANCER, annotations};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "linkerd-accrual-unused",
    severity: Severity::Error,
    title: "a setting of circuit breaking or balancing whose mode is not on",
    reason: "The numbers of circuit breaking are read only where `balancer.linkerd.io/failure-accrual` names a mode, \
             those of success rates only for `unified`, and those of the load biaser only with `penalize-failures`. \
             Alone they switch nothing on, and no log line above debug says so.",
    reference: "https://linkerd.io/2/reference/circuit-breaking/",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  namespace: shop
  annotations:
    balancer.linkerd.io/failure-accrual-consecutive-max-failures: "5" # <-
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
    balancer.linkerd.io/failure-accrual-consecutive-max-failures: "5"
spec:
  selector: {app: order-service}
  ports: [{name: http, appProtocol: http, port: 8082, targetPort: http}]
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for service in bundle.services() {
        let object = service.object;
        for entry in annotations(object) {
            if let Some(missing) = missing(object, &entry.key) {
                let will = format!("not use `{}` as long as {missing} is not set", entry.key);
                report.span(object, entry.span, will, format!("{missing} beside it"));
            }
        }
    }
}

/// The annotation without which this one has no effect.
fn missing(object: &Object, key: &str) -> Option<&'static str> {
    let mode = object.annotation("balancer.linkerd.io/failure-accrual");
    let biased = object.annotation("balancer.alpha.linkerd.io/penalize-failures");
    match key.rsplit('/').next()? {
        _ if !BALANCER.iter().any(|prefix| key.starts_with(prefix)) => None,
        name if name.starts_with("failure-accrual-success-rate") => {
            (mode.str() != "unified").then_some("balancer.linkerd.io/failure-accrual: unified")
        }
        name if name.starts_with("failure-accrual-") => {
            (!mode.exists()).then_some("balancer.linkerd.io/failure-accrual: consecutive")
        }
        name if name.starts_with("load-biaser-") => {
            (!matches!(biased.str(), "1" | "t" | "T" | "true" | "TRUE" | "True"))
                .then_some("balancer.alpha.linkerd.io/penalize-failures: \"true\"")
        }
        _ => None,
    }
}
