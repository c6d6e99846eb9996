//! A copy of the manifests, in which one of them is spoiled.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::command::root;
use crate::verify::used::resolve;

/// Below `target/`, so that git does not see it.
const FOLDER: &str = "target/mutate";
const MANIFESTS: [&str; 2] = ["k8s", "mesh"];

/// The copy, as fresh as its making.
#[derive(Debug)]
pub struct Copy(PathBuf);

impl Copy {
    /// Copies what is in the working tree now, key sets included.
    pub fn new() -> anyhow::Result<Self> {
        let copy = root().join(FOLDER);
        if copy.is_dir() {
            fs::remove_dir_all(&copy)?;
        }
        for folder in MANIFESTS {
            copy_folder(&root().join(folder), &copy.join(folder))?;
        }
        Ok(Self(copy))
    }

    /// What stands for the root of the repository.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Replaces texts of a file.
    pub fn edit(&self, file: &str, edits: &[(&str, &str)]) -> anyhow::Result<()> {
        let path = self.0.join(file);
        let mut text = fs::read_to_string(&path).with_context(|| file.to_owned())?;
        for (from, to) in edits {
            ensure!(text.contains(from), "{file} does not say {from:?}");
            text = text.replace(from, to);
        }
        Ok(fs::write(path, text)?)
    }

    /// Deletes a file, and what names it in kustomizations.
    pub fn leave_out(&self, file: &str) -> anyhow::Result<()> {
        fs::remove_file(self.0.join(file)).with_context(|| file.to_owned())?;
        let file = Path::new(file);
        // A folder is named by its path, not by that of its kustomization.
        let named = if file.ends_with("kustomization.yaml") { file.parent().unwrap_or(file) } else { file };
        for path in kustomizations(&self.0)? {
            let text = fs::read_to_string(&path)?;
            let folder =
                path.parent().and_then(|folder| folder.strip_prefix(&self.0).ok()).context("it is in the copy")?;
            let left = without(&text, |entry| resolve(&folder.join(entry)) == named);
            if left != text {
                fs::write(&path, left)?;
            }
        }
        Ok(())
    }
}

/// The text without the entries of lists that name something; what is indented below such an entry belongs to it.
fn without(text: &str, names: impl Fn(&str) -> bool) -> String {
    let mut left = String::new();
    let mut skipping = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if skipping.is_some_and(|above| indent > above) {
            continue;
        }
        let entry = line.trim_start().strip_prefix("- ").map(|entry| entry.strip_prefix("path: ").unwrap_or(entry));
        skipping = entry.is_some_and(&names).then_some(indent);
        if skipping.is_none() {
            left += line;
            left.push('\n');
        }
    }
    left
}

fn kustomizations(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(kustomizations(&path)?);
        } else if path.ends_with("kustomization.yaml") {
            found.push(path);
        }
    }
    Ok(found)
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let (path, target) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_goes_with_what_belongs_to_it() {
        let text = "resources:\n- a.yaml\n- b.yaml\npatches:\n- path: a.yaml\n  target:\n    kind: X\n- path: c.yaml\n";
        assert_eq!(without(text, |entry| entry == "a.yaml"), "resources:\n- b.yaml\npatches:\n- path: c.yaml\n");
    }
}
