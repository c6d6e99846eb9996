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

/// Carets below the place, as wide as a terminal shows it; tabs stay tabs.
fn caret(line: &str, column: u32, width: u32) -> String {
    let before = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let above = line.chars().take(before);
    let blank: String = above.map(|it| if it == '\t' { "\t".to_owned() } else { " ".repeat(cells(it)) }).collect();
    let place = line.chars().skip(before).take(usize::try_from(width).unwrap_or(1));
    blank + &"^".repeat(place.map(cells).sum::<usize>().max(1))
}

/// How many cells of a terminal a character takes: none if it combines with the one before, two in the scripts of East Asia
/// and for pictures.
fn cells(letter: char) -> usize {
    match u32::from(letter) {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F => 2,
        0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_below_what_they_are_about() {
        for (line, column, width, wanted) in [
            ("a: bc", 4, 2, "   ^^"),
            ("\ta: b", 5, 1, "\t   ^"),
            ("\u{e4}: \u{f6}\u{fc}", 4, 2, "   ^^"),
            ("\u{65e5}\u{672c}: \u{65e5}b", 5, 2, "      ^^^"),
            ("e\u{301}: b", 5, 1, "   ^"),
            ("a", 9, 4, " ^"),
        ] {
            assert_eq!(caret(line, column, width), wanted, "{line}");
        }
    }
}
