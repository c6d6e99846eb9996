//! What is there to read about the rules themselves? One rule, the list, and docs/rules.md.

use std::fmt::Write;

use crate::rule::{Domain, Rule};
use crate::rules;

/// All about one rule.
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let mut text = format!("{} ({})\n{}\n\n{}\n", rule.id, rule.severity.name(), rule.title, wrapped(rule.reason));
    for (name, example) in [("Bad", rule.bad), ("Good", rule.good)] {
        let _ = write!(text, "\n{name}:\n{}\n", indented(example));
    }
    let _ = write!(text, "\nSee {}\n", rule.reference);
    text
}

/// A line a rule.
#[must_use]
pub fn list() -> String {
    let width = rules::all().map(|rule| rule.id.len()).max().unwrap_or(0);
    rules::all().map(|rule| format!("{:width$}  {:7}  {}\n", rule.id, rule.severity.name(), rule.title)).collect()
}

/// docs/rules.md: every rule with its examples.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "# Rules\n\nGenerated from `src/rules/`: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`. Lines that a finding points at \
         end in `# <-`.\n",
    );
    let domains = [
        (Domain::Input, "The input"),
        (Domain::Kubernetes, "Both meshes"),
        (Domain::Istio, "Istio"),
        (Domain::Linkerd, "Linkerd"),
    ];
    for (domain, name) in domains {
        let rules: Vec<_> = rules::all().filter(|rule| rule.domain() == domain).collect();
        let _ = write!(text, "\n## {name}: {}\n\n| rule | severity | finds that |\n|---|---|---|\n", rules.len());
        for rule in &rules {
            let _ = writeln!(text, "| [{0}](#{0}) | {1} | {2} |", rule.id, rule.severity.name(), rule.title);
        }
        rules.iter().for_each(|rule| section(&mut text, rule));
    }
    text
}

fn section(text: &mut String, rule: &Rule) {
    let _ =
        write!(text, "\n### {}\n\n{}: {}.\n\n{}\n", rule.id, capital(rule.severity.name()), rule.title, rule.reason);
    for (name, example) in [("Bad", rule.bad), ("Good", rule.good)] {
        let _ = write!(text, "\n{name}:\n\n```yaml\n{}\n```\n", example.trim());
    }
    let see = if rule.reference.starts_with("https://") {
        format!("<{}>", rule.reference)
    } else {
        rule.reference.to_owned()
    };
    let _ = write!(text, "\nSee {see}\n");
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn indented(text: &str) -> String {
    text.trim().lines().map(|line| format!("    {line}\n")).collect::<String>().trim_end().to_owned()
}

/// Lines of at most a hundred characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if lines[last].len() + word.len() >= 100 {
            lines.push(word.to_owned());
        } else if lines[last].is_empty() {
            lines[last].push_str(word);
        } else {
            lines[last] = format!("{} {word}", lines[last]);
        }
    }
    lines.join("\n")
}
