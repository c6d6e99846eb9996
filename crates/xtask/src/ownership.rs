//! Which assertion fails when a manifest is left out or says something else: one row a mutation, at least one a file.
//!
//! `cargo xtask mutate` makes each mutation and writes what the assertion said to `docs/ownership.md`.

mod istio;
mod k8s;
mod linkerd;
pub mod page;

use std::collections::BTreeSet;

use crate::command;
use crate::files::File;
use page::Page;

/// The folders of which each file has a row.
const SCOPE: [&str; 3] = ["k8s/", "mesh/istio/", "mesh/linkerd/"];

/// A mutation of a file, and who notices.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// From the root of the repository.
    pub file: &'static str,
    /// What is done to it.
    pub mutation: Mutation,
    /// What fails then.
    pub owner: Owner,
    /// A Deployment whose pods are made anew, where a mutation is about pods that are not there yet.
    pub renewed: Option<&'static str>,
}

/// What is done to a file.
#[derive(Clone, Copy, Debug)]
pub enum Mutation {
    /// It is deleted, and what names it does not any more.
    Without,
    /// Each of these texts becomes another one.
    Edit(&'static [(&'static str, &'static str)]),
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An assertion of `cargo xtask e2e --mesh istio`.
    Istio(&'static str),
    /// An assertion of `cargo xtask e2e --mesh linkerd`: whoever has such a cluster can see it fail.
    Linkerd(&'static str),
    /// An assertion of `cargo xtask e2e --mesh none`.
    Plain(&'static str),
    /// A line of `cargo xtask verify`.
    Verify(&'static str),
}

/// All rows, in the order of the page.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    k8s::ROWS.iter().chain(istio::ROWS).chain(linkerd::ROWS)
}

/// What is wrong with the table: files without a row, rows about nothing, owners that are not there, rows that were
/// never seen to fail. `lines` are the names that `cargo xtask verify` prints.
pub fn check(manifests: &[File], lines: &[&str]) -> anyhow::Result<Vec<String>> {
    let listed = command::output("cargo run --quiet --package e2e --bin e2e -- --mesh istio --list")?;
    let assertions: BTreeSet<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let mut findings = complete(manifests, rows());
    findings.extend(rows().filter_map(|row| stale(manifests, row)));
    findings.extend(
        rows()
            .filter(|row| !row.owner.is_there(&assertions, lines))
            .map(|row| format!("{}: {} does not exist", row.file, row.owner.name())),
    );
    findings.extend(Page::read()?.gaps(rows()));
    Ok(findings)
}

/// Files of the scope without a row.
fn complete<'a>(manifests: &[File], rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
    let owned: BTreeSet<&str> = rows.map(|row| row.file).collect();
    let scope = manifests.iter().filter(|file| SCOPE.iter().any(|folder| file.path.starts_with(folder)));
    let lost = scope.filter(|file| !owned.contains(file.path.as_str()));
    lost.map(|file| format!("{} has no row in crates/xtask/src/ownership", file.path)).collect()
}

/// A row whose file is gone, or does not say any more what the mutation changes.
fn stale(manifests: &[File], row: &Row) -> Option<String> {
    let Some(file) = manifests.iter().find(|file| file.path == row.file) else {
        return Some(format!("{} is gone, its row is not", row.file));
    };
    let Mutation::Edit(edits) = row.mutation else { return None };
    let missing = edits.iter().find(|(from, _)| !file.text.contains(from))?;
    Some(format!("{} does not say {:?} any more", row.file, missing.0))
}

impl Row {
    const fn new(file: &'static str, mutation: Mutation, owner: Owner) -> Self {
        Self { file, mutation, owner, renewed: None }
    }

    const fn renewing(self, deployment: &'static str) -> Self {
        Self { renewed: Some(deployment), ..self }
    }
}

impl Mutation {
    /// For people, in a line.
    pub fn shown(self) -> String {
        let line = |text: &str| {
            text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
        };
        let edit = |(from, to): &(&str, &str)| match line(to) {
            to if to.is_empty() => format!("without `{}`", line(from)),
            to => format!("`{}` becomes `{to}`", line(from)),
        };
        match self {
            Self::Without => "left out".to_owned(),
            Self::Edit(edits) => edits.iter().map(edit).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Owner {
    /// For people.
    pub fn name(self) -> String {
        match self {
            Self::Istio(name) => format!("e2e {name}"),
            Self::Linkerd(name) => format!("e2e {name}, with Linkerd"),
            Self::Plain(name) => format!("e2e {name}, without a mesh"),
            Self::Verify(name) => format!("verify: {name}"),
        }
    }

    /// The name of an assertion.
    pub fn assertion(self) -> Option<&'static str> {
        match self {
            Self::Istio(name) | Self::Linkerd(name) | Self::Plain(name) => Some(name),
            Self::Verify(_) => None,
        }
    }

    /// The name of a line.
    pub fn line(self) -> Option<&'static str> {
        if let Self::Verify(name) = self { Some(name) } else { None }
    }

    fn is_there(self, assertions: &BTreeSet<&str>, lines: &[&str]) -> bool {
        match self {
            Self::Istio(name) | Self::Linkerd(name) | Self::Plain(name) => assertions.contains(name),
            Self::Verify(name) => lines.contains(&name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Row = Row::new("k8s/a.yaml", Mutation::Edit(&[("port: 1", "port: 2")]), Owner::Verify("ports"));

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_without_a_row_is_found() {
        let files = [file("k8s/a.yaml", ""), file("mesh/istio/b.yaml", ""), file("mesh/progressive/c.yaml", "")];
        let found = complete(&files, [ROW].iter());
        assert!(found.len() == 1 && found[0].starts_with("mesh/istio/b.yaml"), "{found:?}");
    }

    #[test]
    fn a_row_about_nothing_is_found() {
        assert_eq!(stale(&[file("k8s/a.yaml", "port: 1\n")], &ROW), None);
        assert!(stale(&[file("k8s/a.yaml", "port: 3\n")], &ROW).is_some_and(|it| it.contains("port: 1")));
        assert!(stale(&[], &ROW).is_some_and(|it| it.contains("is gone")));
    }

    #[test]
    fn an_owner_that_does_not_exist_is_found() {
        let assertions = BTreeSet::from(["smoke/reads"]);
        let there = |owner: Owner| owner.is_there(&assertions, &["ports"]);
        assert!(there(Owner::Istio("smoke/reads")) && there(Owner::Verify("ports")));
        assert!(!there(Owner::Plain("smoke/read")) && !there(Owner::Verify("smoke/reads")));
    }

    #[test]
    fn a_mutation_is_told_in_a_line() {
        assert_eq!(ROW.mutation.shown(), "`port: 1` becomes `port: 2`");
        assert_eq!(Mutation::Edit(&[("a:\n  b: c\n", "")]).shown(), "without `a: / b: c`");
    }
}
