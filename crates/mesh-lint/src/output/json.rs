//! Findings for programs: one array.

use serde_json::{Value, json};

use crate::finding::Finding;

/// An array with an object a finding.
#[must_use]
pub fn json(findings: &[Finding]) -> String {
    let all: Vec<_> = findings.iter().map(one).collect();
    format!("{:#}\n", Value::from(all))
}

fn one(finding: &Finding) -> Value {
    let (rule, span) = (finding.rule, finding.location.span);
    json!({
        "rule": rule.id,
        "severity": rule.severity.name(),
        "title": rule.title,
        "file": finding.location.source.name,
        "line": span.line,
        "column": span.column,
        "object": finding.object,
        "will": finding.will,
        "instead": finding.instead,
        "reference": rule.reference,
    })
}
