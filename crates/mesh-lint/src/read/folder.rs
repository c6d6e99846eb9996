//! What in a folder belongs together? Each kustomization that no other uses, and the files that none of them names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::kustomize::{self, Kustomization};
use super::{Input, build};
use crate::bundle::Bundle;
use crate::lint::is_template;
use crate::source::Source;
use crate::yaml;

/// Reads a folder. Without kustomizations all its files are one bundle. Beside kustomizations the files that none of them
/// uses are alternatives to something, so each folder's stand for themselves.
pub(super) fn read(root: &Path, input: &mut Input) {
    let mut found = Found::default();
    let whole = walk(root, &mut found);
    input.keep(whole);
    let read = found.kustomizations.iter().map(|path| Kustomization::read(path));
    let kustomizations: Vec<_> = read.filter_map(|it| input.keep(it)).collect();
    let used: BTreeSet<PathBuf> = kustomizations.iter().flat_map(Kustomization::uses).collect();
    for kustomization in kustomizations.iter().filter(|it| !it.is_component() && !used.contains(&it.folder)) {
        build::build(kustomization, input);
    }
    let fillings: BTreeSet<PathBuf> = kustomizations.iter().flat_map(Kustomization::fillings).collect();
    let mut groups: BTreeMap<&Path, Vec<&PathBuf>> = BTreeMap::new();
    for path in
        found.files.iter().filter(|path| ![&used, &fillings].iter().any(|it| it.contains(&kustomize::real(path))))
    {
        let folder = path.parent().filter(|_| !kustomizations.is_empty()).unwrap_or(root);
        groups.entry(folder).or_default().push(path);
    }
    for paths in groups.into_values() {
        // JSON is much else besides; kubectl takes that which says of what version it is.
        let sources: Vec<_> = paths.into_iter().filter_map(|path| input.file(path)).collect();
        let sources =
            sources.into_iter().filter(|it| !it.name.ends_with(".json") || it.text.contains("\"apiVersion\""));
        let (templates, sources): (Vec<_>, Vec<_>) = sources.partition(|it| is_unrendered(&it.text));
        let note = |it: &Arc<Source>| format!("{} is a template and was not read: look at what it makes", it.name);
        input.notes.extend(templates.iter().map(note));
        input.bundles.push(Bundle::new(sources));
    }
    input.notes.extend(found.notes);
}

/// Whether it is a template, and not just YAML with braces in a text.
fn is_unrendered(text: &str) -> bool {
    is_template(text) && yaml::parse(text).iter().any(Result::is_err)
}

#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    kustomizations: Vec<PathBuf>,
    notes: Vec<String>,
}

fn walk(folder: &Path, found: &mut Found) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.map(|entry| entry.map(|it| it.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let is_chart = paths.iter().any(|path| path.ends_with("Chart.yaml"));
    if is_chart {
        let note = format!("{} is a Helm chart and was not read: helm template {0} | mesh-lint -", folder.display());
        found.notes.push(note);
        return Ok(());
    }
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        // A link to a folder above would never end.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if kustomize::NAMES.contains(&&*name) {
            found.kustomizations.push(path);
        } else if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
            found.files.push(path);
        }
    }
    Ok(())
}
