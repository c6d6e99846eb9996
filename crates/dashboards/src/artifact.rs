//! The files that are committed: what [`crate::artifacts`] gives is what `dashboards/` holds.

use crate::scrape::{Scale, rule_files};
use crate::{boards, grafana, json, kubernetes};

/// A file and its path from the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// From the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Every generated file.
#[must_use]
pub fn artifacts() -> Vec<Artifact> {
    let boards = boards::all();
    let boards = boards.iter().map(|board| (format!("{}.json", board.name), json::write(&grafana::document(board))));
    let files = boards.chain(rule_files(Scale::Production)).chain([kubernetes::rules()]);
    files.map(|(path, text)| Artifact { path: format!("dashboards/{path}"), text }).collect()
}
