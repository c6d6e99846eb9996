//! Findings for people: the line of YAML with a caret, what the mesh will do, what to write instead.

use std::fmt::Write;

use crate::finding::Finding;
use crate::rule::Severity;

/// All findings and a line that counts them. Colours are those of a terminal's sixteen.
#[must_use]
pub fn text(findings: &[Finding], colour: bool) -> String {
    let paint = Paint(colour);
    let mut out = String::new();
    for finding in findings {
        one(&mut out, finding, paint);
    }
    out.push_str(&summary(findings));
    out
}

fn one(out: &mut String, finding: &Finding, paint: Paint) {
    let (rule, span) = (finding.rule, finding.location.span);
    let colour = if rule.severity == Severity::Error { "1;31" } else { "1;33" };
    let head = paint.with(colour, &format!("{}[{}]", rule.severity.name(), rule.id));
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{head} {}", paint.with("1", rule.title));
    let number = span.line.to_string();
    let margin = " ".repeat(number.len());
    let _ =
        writeln!(out, "{margin}{} {}:{number}:{}", paint.with("34", "-->"), finding.location.source.name, span.column);
    let (line, column) = shown(finding.location.source.line(span.line), span.column);
    let caret = caret(&line, column, span.width);
    let _ = writeln!(out, "{} {line}", paint.with("34", &format!("{number} |")));
    let _ = writeln!(out, "{} {}", paint.with("34", &format!("{margin} |")), paint.with(colour, &caret));
    let facts = [
        ("object", &*finding.object),
        ("it will", &finding.will),
        ("instead", &finding.instead),
        ("see", rule.reference),
    ];
    for (name, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
        let _ = writeln!(out, "{margin} {} {name:>7}: {fact}", paint.with("34", "="));
    }
    out.push('\n');
}

/// How many characters of a line are shown; JSON may be one line, and longer than a screen.
const WIDTH: usize = 200;

/// The part of a line around a column, and that column within it. What would move a terminal's cursor is replaced.
fn shown(line: &str, column: u32) -> (String, u32) {
    let before = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let length = line.chars().count();
    let first = if length <= WIDTH { 0 } else { before.saturating_sub(WIDTH / 2).min(length - WIDTH) };
    let part = line.chars().skip(first).take(WIDTH).map(|it| match it {
        '\t' => it,
        _ if it.is_control() => '\u{FFFD}',
        _ => it,
    });
    (part.collect(), column.saturating_sub(u32::try_from(first).unwrap_or(u32::MAX)))
}

/// A caret for each character of the place; tabs stay tabs so that it stands below it.
fn caret(line: &str, column: u32, width: u32) -> String {
    let before = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let room = line.chars().count().saturating_sub(before).max(1);
    let blank: String = line.chars().take(before).map(|it| if it == '\t' { '\t' } else { ' ' }).collect();
    blank + &"^".repeat(usize::try_from(width).unwrap_or(1).clamp(1, room))
}

fn summary(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.rule.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    match findings.len() {
        0 => "no findings\n".to_owned(),
        _ => format!("{}, {}\n", count(errors, "error"), count(warnings, "warning")),
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, colour: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
