//! Two runs of the executed proof side by side: what each assertion measured on one mesh and on the other.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

/// The runs.
#[derive(Clone, Debug, clap::Args)]
pub struct CompareArgs {
    /// What `cargo xtask e2e --mesh istio --json FILE` wrote
    pub one: PathBuf,
    /// The same of another mesh, or of another day
    pub other: PathBuf,
}

/// The characters of a column of figures.
const WIDTH: usize = 56;

/// Prints one table.
pub fn run(args: &CompareArgs) -> anyhow::Result<()> {
    println!("{}", table(&read(&args.one)?, &read(&args.other)?));
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let result: Value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    result["assertions"].as_array().with_context(|| format!("{} is no result of e2e --json", path.display()))?;
    Ok(result)
}

/// A row an assertion, in the sequence in which they ran; those that only one run has say so.
fn table(one: &Value, other: &Value) -> String {
    let names = names(one, other);
    let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let row = |name: &str, left: &str, right: &str| row([(name, first), (left, WIDTH), (right, WIDTH)]);
    let rule = row(&"-".repeat(first), &"-".repeat(WIDTH), &"-".repeat(WIDTH));
    let mut lines = vec![row("", &title(one), &title(other)), rule.clone()];
    lines.extend(names.iter().map(|name| row(name, &cell(one, name), &cell(other, name))));
    lines.extend([rule, row("", &sum(one), &sum(other))]);
    lines.join("\n")
}

fn names(one: &Value, other: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in [one, other].into_iter().flat_map(assertions).filter_map(|it| it["name"].as_str()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn assertions(result: &Value) -> impl Iterator<Item = &Value> {
    result["assertions"].as_array().into_iter().flatten()
}

fn title(result: &Value) -> String {
    let text = |name: &str| result[name].as_str().unwrap_or("?").to_owned();
    format!("{} at {}", text("mesh"), text("url"))
}

fn sum(result: &Value) -> String {
    format!("{} passed, {} failed", result["passed"], result["failed"])
}

/// What one run says about an assertion.
fn cell(result: &Value, name: &str) -> String {
    let Some(found) = assertions(result).find(|it| it["name"] == name) else { return "not run".to_owned() };
    let line = found["line"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
    if found["ok"] == true { line.to_owned() } else { format!("FAILED: {line}") }
}

/// A row of as many lines as its longest cell needs.
fn row(cells: [(&str, usize); 3]) -> String {
    let wrapped = cells.map(|(text, width)| (wrap(text, width), width));
    let height = wrapped.iter().map(|(lines, _)| lines.len()).max().unwrap_or(0);
    let line = |at: usize| {
        let parts = wrapped.iter().map(|(lines, width)| {
            let text = lines.get(at).map_or("", String::as_str);
            format!("{text:<width$}")
        });
        parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

/// A text in lines of at most so many characters, broken at blanks; a word that is longer stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(mesh: &str, assertions: &[(&str, bool, &str)]) -> Value {
        let assertions = assertions.iter().map(|(name, ok, line)| json!({"name": name, "ok": ok, "line": line}));
        json!({"mesh": mesh, "url": "http://a", "passed": 1, "failed": 0, "assertions": assertions.collect::<Vec<_>>()})
    }

    #[test]
    fn each_assertion_has_one_row_with_both_figures() {
        let one = result("istio", &[("canary/90-10", true, "v2 9.8 %"), ("limits/fault", true, "101 of 1000")]);
        let other = result("linkerd", &[("canary/90-10", false, "v2 0 %\nmore"), ("mtls/x", true, "3 hops")]);
        let table = table(&one, &other);
        let row = |name: &str| table.lines().find(|line| line.starts_with(name)).expect(name).to_owned();
        assert!(row("canary/90-10").contains("v2 9.8 %") && row("canary/90-10").ends_with("FAILED: v2 0 %"), "{table}");
        assert!(row("limits/fault").ends_with("not run") && row("mtls/x").contains("not run"), "{table}");
        assert!(
            table.starts_with("              istio at http://a") && table.contains("linkerd at http://a"),
            "{table}"
        );
        assert_eq!(table.lines().filter(|line| line.starts_with("canary/90-10")).count(), 1);
    }

    #[test]
    fn a_long_figure_goes_on_below_itself() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(row([("a", 2), ("one two three", 7), ("b", 1)]), "a   one two  b\n    three");
    }
}
