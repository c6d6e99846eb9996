//! Does a namespace say one thing about injection?

use crate::bundle::Bundle;
use crate::finding::Report;
use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "istio-injection-conflict",
    severity: Severity::Error,
    title: "a namespace names a revision and the default injection",
    reason: "`istio-injection` is looked at first: with both labels the default control plane injects, if there is one, \
             and the revision is ignored. After an upgrade by revision the pods keep the old proxy, or get none.",
    reference: "https://istio.io/latest/docs/reference/config/analysis/ist0123/",
    bad: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: 
    istio-injection: enabled
    istio.io/rev: canary # <-
"#,
    good: r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: 
    istio.io/rev: canary
"#,
    check,
};

fn check<'a>(bundle: &'a Bundle, report: &mut Report<'a>) {
    for namespace in bundle.of("", "Namespace") {
        let (switch, revision) = (namespace.label("istio-injection"), namespace.label("istio.io/rev"));
        if switch.exists() && revision.exists() {
            let will = format!("read `istio-injection: {}` and ignore revision {}", switch.str(), revision.str());
            report.at(namespace, revision, will, "one of the two labels");
        }
    }
}
