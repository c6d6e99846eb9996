//! The files of the workspace, as git knows them.

use crate::command::{self, root};

/// A text file and its path from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Text files that git tracks or would track, with one of these endings.
pub fn all(endings: &[&str]) -> anyhow::Result<Vec<File>> {
    let listed = command::output("git ls-files --cached --others --exclude-standard")?;
    let wanted = listed.lines().filter(|path| endings.iter().any(|ending| path.ends_with(ending)));
    // A file that was deleted and not yet committed is still listed.
    let present = wanted.filter(|path| root().join(path).is_file());
    present.map(|path| Ok(File { path: path.to_owned(), text: std::fs::read_to_string(root().join(path))? })).collect()
}
