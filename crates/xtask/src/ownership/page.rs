//! `docs/ownership.md`: the rows, each with what the assertion said when its mutation was made.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context;

use super::{Owner, Row};
use crate::command::root;

const PATH: &str = "docs/ownership.md";
const HEAD: &str = "# Who notices

Each file under `k8s/`, `mesh/istio/` and `mesh/linkerd/`, a change to it, the assertion that fails then, and how its failure
began. Written by `cargo xtask mutate istio`, `none` or `linkerd` against a deployed shop; the rows are in
`crates/xtask/src/ownership`. `cargo xtask verify` fails when a file has no row, a row no file or assertion, or a row was never
run; only those of Linkerd's proxies may wait.

";
const TABLE: &str = "| file | change | assertion | it said |
|---|---|---|---|
";
const LINKERD: &str = "
## Linkerd

What its proxies must show is not run where this page comes from, which has its schemas alone; `cargo xtask mutate linkerd`
runs it on a cluster with Linkerd.

";
/// What stands where nobody has looked yet.
const NOT_RUN: &str = "not run here";
/// Longer texts say the same again.
const LONGEST: usize = 160;
/// What stands where an assertion did not fail.
pub const SURVIVED: &str = "NOT RED";

/// What was said, by file, change and assertion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page(BTreeMap<[String; 3], String>);

impl Page {
    /// As it is; empty when there is none.
    pub fn read() -> anyhow::Result<Self> {
        let path = root().join(PATH);
        Ok(if path.is_file() { Self::parse(&fs::read_to_string(path)?) } else { Self::default() })
    }

    /// Notes what was said about a row.
    pub fn note(&mut self, row: &Row, said: &str) {
        self.0.insert(key(row), cell(said));
    }

    /// Writes it, in the order of the rows; what is no row any more goes.
    pub fn write<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> anyhow::Result<()> {
        let path = root().join(PATH);
        fs::write(&path, self.text(rows)).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Whether a row was not run, or did not fail.
    pub fn is_open(&self, row: &Row) -> bool {
        self.0.get(&key(row)).is_none_or(|said| said.is_empty() || said == NOT_RUN || said.starts_with(SURVIVED))
    }

    /// Rows that were not run though they can be everywhere, or did not fail.
    pub fn gaps<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
        let said = |row: &Row| self.0.get(&key(row)).map(String::as_str).unwrap_or("");
        let gaps = rows.filter(|row| self.is_open(row) && (!may_wait(row) || said(row).starts_with(SURVIVED)));
        gaps.map(|row| {
            let mesh = "see cargo xtask mutate --help";
            format!("{PATH}: {}, {}: {} was not seen to fail; {mesh}", row.file, row.mutation.shown(), row.owner.name())
        })
        .collect()
    }

    fn text<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> String {
        let (linkerd, others): (Vec<_>, Vec<_>) = rows.partition(|row| row.file.contains("linkerd"));
        let table = |rows: &[&Row]| rows.iter().map(|row| self.line(row)).collect::<String>();
        format!("{HEAD}{TABLE}{}{LINKERD}{TABLE}{}", table(&others), table(&linkerd))
    }

    fn line(&self, row: &Row) -> String {
        let key = key(row);
        let missing = if may_wait(row) { NOT_RUN } else { "" };
        let said = self.0.get(&key).map_or(missing, String::as_str);
        format!("| {} | {said} |\n", key.join(" | "))
    }

    fn parse(text: &str) -> Self {
        let cells = |line: &str| -> Option<([String; 3], String)> {
            let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::to_owned).collect();
            let [file, mutation, owner, said] = cells.try_into().ok()?;
            Some(([file, mutation, owner], said))
        };
        Self(text.lines().filter(|line| *line != "| file | change | assertion | it said |").filter_map(cells).collect())
    }
}

/// Whether it takes a cluster with Linkerd.
fn may_wait(row: &Row) -> bool {
    matches!(row.owner, Owner::Linkerd(_))
}

fn key(row: &Row) -> [String; 3] {
    [cell(row.file), cell(&row.mutation.shown()), cell(&row.owner.name())]
}

/// One line without what would end the cell.
fn cell(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let short: String = line.chars().take(LONGEST).collect();
    short.replace('|', "/").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ownership::Mutation;

    const ROWS: [Row; 2] = [
        Row::new("k8s/a.yaml", Mutation::Edit(&[("name: a|b", "name: a")]), Owner::Istio("smoke/reads")),
        Row::new("k8s/b.yaml", Mutation::Without, Owner::Verify("each manifest is used")),
    ];

    #[test]
    fn what_is_written_is_read_again() {
        let mut page = Page::default();
        page.note(&ROWS[0], "200 expected | not 503\nand more");
        assert_eq!(Page::parse(&page.text(ROWS[..1].iter())), page);
    }

    #[test]
    fn what_only_linkerd_shows_may_wait_but_not_survive() {
        let row = Row::new("mesh/linkerd/a.yaml", Mutation::Without, Owner::Linkerd("smoke/reads"));
        let mut page = Page::default();
        assert!(page.gaps([row].iter()).is_empty() && page.is_open(&row));
        let again = Page::parse(&page.text([row].iter()));
        assert!(again.gaps([row].iter()).is_empty() && again.is_open(&row));
        page.note(&row, &format!("{SURVIVED}: all is well"));
        assert_eq!(page.gaps([row].iter()).len(), 1);
    }

    #[test]
    fn a_row_that_was_not_run_or_did_not_fail_is_a_gap() {
        let mut page = Page::default();
        assert_eq!(page.gaps(ROWS.iter()).len(), 2);
        page.note(&ROWS[0], "it failed");
        page.note(&ROWS[1], &format!("{SURVIVED}: all is well"));
        let gaps = page.gaps(ROWS.iter());
        assert!(gaps.len() == 1 && gaps[0].contains("k8s/b.yaml"), "{gaps:?}");
    }
}
