//! Does the label that asks for sidecars have the one value that does?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-injection-value",
    severity: Severity::Error,
    title: "istio-injection has a value that injects nothing",
    reason: "The webhook selects namespaces whose label is `enabled`. `true`, which the label of a pod wants, is \
             another value: it is kept, no pod gets a sidecar, and nobody says so. Observed.",
    reference: "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    istio-injection: "true" # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    istio-injection: enabled
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for namespace in bundle.of("", "Namespace") {
        let switch = namespace.label("istio-injection");
        if switch.exists() && !matches!(switch.str(), "enabled" | "disabled") {
            let will = format!("add no sidecar: it knows no value {:?}", switch.str());
            report.at(namespace, switch, will, "`enabled`");
        }
    }
}
