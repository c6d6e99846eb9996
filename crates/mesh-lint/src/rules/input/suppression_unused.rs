//! Does a suppression still suppress something?

use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "input-suppression-unused",
    severity: Severity::Warning,
    title: "a suppression suppresses nothing",
    reason: "An annotation `mesh-lint/RULE: reason` takes a finding of that rule out of the report. When the rule no longer finds \
             anything in the object, or is misspelt, the annotation only waits to hide the next mistake.",
    reference: "README.md of mesh-lint, section Suppress a finding",
    bad: r#"
apiVersion: v1
kind: Service
metadata:
  name: order-service
  annotations:
    mesh-lint/kubernetes-port-protocol: the port below is named now # <-
spec:
  ports:
  - name: http
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
