//! Can the text be read at all?

use crate::rule::{Rule, Severity};

/// See `title`.
pub const RULE: Rule = Rule {
    id: "input-yaml-broken",
    severity: Severity::Error,
    title: "a document is no YAML",
    reason: "`kubectl apply` refuses the file, but pipelines that split it first, or that render it with another parser, apply the \
             documents around it and report success.",
    reference: "https://yaml.org/spec/1.2.2/",
    bad: r#"
apiVersion: v1
kind: Service
metadata: {name: broken
spec: {} # <-
"#,
    good: r#"
apiVersion: v1
kind: Service
metadata: {name: whole}
spec: {}
"#,
    // Found by the parser before any check runs.
    check: |_, _| {},
};
