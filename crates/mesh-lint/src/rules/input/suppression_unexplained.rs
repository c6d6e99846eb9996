//! Does a suppression say why?

use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "input-suppression-unexplained",
    severity: Severity::Warning,
    title: "a suppression gives no reason",
    reason: "An annotation `mesh-lint/RULE: reason` takes a finding out of the report. Without a reason nobody can tell later \
             whether it still holds, so it does not count.",
    reference: "README.md of mesh-lint, section Suppress a finding",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  annotations:
    mesh-lint/kubernetes-port-protocol: "" # <-
spec:
  ports:
  - name: ours
    port: 80
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  annotations:
    mesh-lint/kubernetes-port-protocol: a protocol of our own, which no mesh knows
spec:
  ports:
  - name: ours
    port: 80
"#,
    // Known only after all other checks have run.
    check: |_, _| {},
};
