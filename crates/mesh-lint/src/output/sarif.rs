//! Findings for code hosts: SARIF 2.1.0, which they show beside the line.

use serde_json::{Value, json};

use crate::finding::Finding;
use crate::rule::Rule;
use crate::rules;

/// One run with all rules and the findings.
#[must_use]
pub fn sarif(findings: &[Finding]) -> String {
    let run = json!({
        "tool": {"driver": {
            "name": "mesh-lint",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules::all().map(rule).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        "results": findings.iter().map(result).collect::<Vec<_>>(),
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    format!("{log:#}\n")
}

fn rule(rule: &Rule) -> Value {
    let mut entry = json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {"text": format!("Instead of\n{}\nwrite\n{}", rule.bad.trim_end(), rule.good.trim_end())},
        "defaultConfiguration": {"level": rule.severity.name()},
    });
    if rule.reference.starts_with("https://") {
        entry["helpUri"] = rule.reference.into();
    }
    entry
}

fn result(finding: &Finding) -> Value {
    let span = finding.location.span;
    let text = format!("{}. It will {}. Instead: {}.", finding.object, finding.will, finding.instead);
    json!({
        "ruleId": finding.rule.id,
        "level": finding.rule.severity.name(),
        "message": {"text": text.trim_start_matches(". ")},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": finding.location.source.name.trim_start_matches("./")},
            "region": {
                "startLine": span.line.max(1),
                "startColumn": span.column.max(1),
                "endColumn": (span.column + span.width).max(2),
            },
        }}],
    })
}
