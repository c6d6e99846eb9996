//! Does the mesh do what the rules say? Their examples are applied to a cluster with Istio, and the outcome is looked at.
//!
//! `cargo test -p mesh-lint --test executed -- --ignored` changes the namespaces `shop` and `outside` of the cluster that
//! kubectl talks to; with UPDATE_SNAPSHOTS=1 it writes docs/executed.md. Without `--ignored` the page is held to the table.

mod cases;
mod shop;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use cases::{CASES, Case};
use mesh_lint::rules;
use shop::Shop;

/// What was seen of a rule's examples.
struct Row {
    case: &'static Case,
    bad: String,
    good: String,
}

impl Row {
    fn is_as_expected(&self) -> bool {
        self.case.bad.is(&self.bad) && self.case.good.is(&self.good)
    }

    fn line(&self) -> String {
        let Case { rule, with, asked, .. } = self.case;
        let with = if with.is_empty() { "" } else { ", with the object below" };
        format!("| [{rule}](rules.md#{rule}) | {asked}{with} | {} | {} |", self.bad, self.good)
    }
}

#[test]
#[ignore = "changes a cluster with Istio"]
fn the_mesh_does_what_the_rules_say() {
    let shop = Shop::start();
    let mut rows = Vec::new();
    for case in CASES {
        let rule = rules::find(case.rule).expect("a rule");
        let [bad, good] = [(rule.bad, case.bad), (rule.good, case.good)]
            .map(|(example, expected)| shop.with([example, case.with], case.see, expected));
        let row = Row { case, bad, good };
        eprintln!("{} {}", if row.is_as_expected() { "ok " } else { "NOT" }, row.line());
        rows.push(row);
    }
    let unlike: Vec<_> = rows.iter().filter(|row| !row.is_as_expected()).map(Row::line).collect();
    assert!(unlike.is_empty(), "{unlike:#?}");
    if option_env!("UPDATE_SNAPSHOTS") == Some("1") {
        fs::write(page(), text(&rows, &shop.about())).expect("writable");
    }
}

/// The page about what was seen.
fn text(rows: &[Row], about: &str) -> String {
    let mut text = format!("{}\n{about}\n\n", include_str!("head.md"));
    text.push_str("| rule | looked at | bad example | good example |\n|---|---|---|---|\n");
    rows.iter().for_each(|row| writeln!(text, "{}", row.line()).expect("a string"));
    text.push_str("\n## Applied with both examples\n");
    for with in rows.iter().map(|row| row.case.with).filter(|it| !it.is_empty()).collect::<BTreeSet<_>>() {
        let of = rows.iter().filter(|row| row.case.with == with).map(|row| format!("`{}`", row.case.rule));
        let of = of.collect::<Vec<_>>().join(", ");
        write!(text, "\n{of}:\n\n```yaml\n{}\n```\n", with.trim()).expect("a string");
    }
    text
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/executed.md")
}

/// What the page says of a rule: what was seen of the bad example, and of the good one.
fn seen(page: &str, rule: &str) -> Option<[String; 2]> {
    let line = page.lines().find(|line| line.starts_with(&format!("| [{rule}]")))?;
    let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
    Some([cells.get(2)?, cells.get(3)?].map(|it| (*it).to_owned()))
}

#[test]
fn the_page_tells_what_each_case_expects() {
    let page = fs::read_to_string(page()).expect("a page");
    assert!(CASES.len() >= 12);
    for case in CASES {
        let [bad, good] = seen(&page, case.rule).unwrap_or_else(|| panic!("{} is not in the page", case.rule));
        let row = Row { case, bad, good };
        assert!(row.is_as_expected() && page.contains(&row.line()), "{}", row.line());
    }
}
