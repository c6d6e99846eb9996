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
        "ruleIndex": rules::all().position(|rule| rule.id == finding.rule.id),
        "level": finding.rule.severity.name(),
        "message": {"text": text.trim_start_matches(". ")},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&finding.location.source.name)},
            "region": {
                "startLine": span.line.max(1),
                "startColumn": span.column.max(1),
                "endColumn": (span.column + span.width).max(2),
            },
        }}],
    })
}

/// A path as a reference of RFC 3986: what has a meaning there, or is no ASCII, is written as bytes.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let bytes = path.strip_prefix("./").unwrap_or(path).bytes();
    let written = bytes.map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    });
    written.fold(scheme.to_owned(), |uri, part| uri + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_a_reference() {
        for (path, wanted) in [
            ("./k8s/a-b_c.yaml", "k8s/a-b_c.yaml"),
            ("../a b/100%.yaml", "../a%20b/100%25.yaml"),
            ("gr\u{f6}\u{df}e#1?.yaml", "gr%C3%B6%C3%9Fe%231%3F.yaml"),
            ("c:d.yaml", "c%3Ad.yaml"),
            ("/srv/a.yaml", "file:///srv/a.yaml"),
            ("stdin", "stdin"),
        ] {
            assert_eq!(uri(path), wanted);
        }
    }
}
