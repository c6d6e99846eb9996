//! The files that are committed: what [`crate::artifacts`] gives is what `dashboards/` holds.

use crate::links::Links;
use crate::scrape::{Scale, rule_files_with};
use crate::{boards, grafana, json, kubernetes};

/// A file and its path from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// From the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Every generated file, as it is committed.
#[must_use]
pub fn artifacts() -> Vec<Artifact> {
    artifacts_with(&Links::default())
}

/// Every generated file, with alerts that lead elsewhere.
#[must_use]
pub fn artifacts_with(links: &Links) -> Vec<Artifact> {
    let boards = boards::all();
    let boards = boards.iter().map(|board| (format!("{}.json", board.name), json::write(&grafana::document(board))));
    let files = boards.chain(rule_files_with(Scale::Production, links)).chain([kubernetes::rules(links)]);
    files.map(|(path, text)| Artifact { path: format!("dashboards/{path}"), text }).collect()
}
