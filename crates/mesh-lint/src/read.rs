//! What do paths on a command line mean? Files, folders with and without kustomizations, and standard input.

mod build;
mod folder;
mod kustomize;
mod origin;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use crate::bundle::Bundle;
use crate::source::Source;

/// What was read, and what a reader should know about how.
#[derive(Debug, Default)]
pub struct Input {
    /// What is applied together stands together.
    pub bundles: Vec<Bundle>,
    /// Whole sentences, such as that no kustomize is there.
    pub notes: Vec<String>,
    /// What could not be read or built, and why. Of what could not be built the files are among the bundles, unpatched.
    pub unread: Vec<String>,
}

/// Reads paths. `-` is `stdin`, which is asked for its text only then. All files among the paths are one bundle, each of
/// them once.
pub fn read(paths: &[PathBuf], stdin: impl FnOnce() -> std::io::Result<String>) -> anyhow::Result<Input> {
    let mut input = Input::default();
    let mut files: Vec<Arc<Source>> = Vec::new();
    let mut stdin = Some(stdin);
    for path in paths {
        if path.as_os_str() == "-" {
            if let Some(stdin) = stdin.take() {
                files.push(Source::new("stdin", stdin().context("cannot read standard input")?));
            }
        } else if path.is_dir() {
            folder::read(path, &mut input);
        } else if let Some(source) = input.file(path)
            && !files.contains(&source)
        {
            files.push(source);
        }
    }
    if !files.is_empty() {
        input.bundles.push(Bundle::new(files));
    }
    Ok(input)
}

impl Input {
    /// A file as text; one that cannot be read is remembered as such, and the others are read all the same.
    fn file(&mut self, path: &Path) -> Option<Arc<Source>> {
        self.keep(file(path))
    }

    fn keep<T>(&mut self, read: anyhow::Result<T>) -> Option<T> {
        read.map_err(|why| self.unread.push(format!("{why:#}"))).ok()
    }
}

/// A file as text. Bytes that are no UTF-8 are replaced: a manifest has none, and the parser says where it stumbles.
fn file(path: &Path) -> anyhow::Result<Arc<Source>> {
    let path = &tidy(path);
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Source::new(path.display().to_string(), String::from_utf8_lossy(&bytes)))
}

/// The path without `./` and `a/../`, so that a file has one name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        let up = part.as_os_str() == "..";
        if up && tidy.file_name().is_some_and(|name| name != "..") {
            tidy.pop();
        } else if part.as_os_str() != "." {
            tidy.push(part);
        }
    }
    tidy
}
