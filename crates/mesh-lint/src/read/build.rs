//! What does a kustomization make? Built by kubectl or kustomize where one of them is there, else read plain.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::kustomize::{Kustomization, MAX_DEPTH, Use};
use super::origin::{self, Written};
use super::{Input, file};
use crate::bundle::Bundle;
use crate::source::Source;
use crate::yaml::{self, Broken};

/// What turns a folder into objects.
const BUILDERS: [(&str, &str); 2] = [("kubectl", "kustomize"), ("kustomize", "build")];

/// Adds what a kustomization makes to the input, and how that was found out.
pub(super) fn build(kustomization: &Kustomization, input: &mut Input) {
    let shown = shown(kustomization);
    match built(&kustomization.folder) {
        Some((builder, Ok(text))) => {
            input.notes.push(format!("{shown} was built by {builder}"));
            let written = Written::of(kustomization);
            let bundle = Bundle::new([Source::new(format!("{shown} (built)"), text)]);
            input.bundles.push(bundle.with_origins(Box::new(written)));
        }
        Some((builder, Err(why))) => refused(kustomization, &builder, &why, input),
        None => {
            let note = format!("neither kubectl nor kustomize is there to build {shown}: its files are read plain");
            input.notes.push(note);
            let tree = tree(kustomization);
            input.bundles.push(plain(&tree));
        }
    }
}

fn shown(kustomization: &Kustomization) -> String {
    let folder = kustomization.path.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

/// What the first builder that is there says about a folder.
fn built(folder: &Path) -> Option<(String, Result<String, String>)> {
    for (program, verb) in BUILDERS {
        let output = Command::new(program).arg(verb).arg(folder).stdin(Stdio::null()).output();
        let Ok(output) = output else { continue };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // What is deprecated is said first, and is not why.
        let why = String::from_utf8_lossy(&output.stderr);
        let why = why.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let why = why.collect::<Vec<_>>().join("; ");
        return Some((format!("{program} {verb}"), if output.status.success() { Ok(text) } else { Err(why) }));
    }
    None
}

/// Broken YAML is a finding at its line. Whatever else keeps a kustomization from being built is told with its file.
fn refused(kustomization: &Kustomization, builder: &str, why: &str, input: &mut Input) {
    let tree = tree(kustomization);
    let broken: Vec<_> = tree.iter().flat_map(broken).collect();
    let mut places: Vec<_> = tree.iter().flat_map(missing).collect();
    if broken.is_empty() && places.is_empty() {
        places.extend(origin::idle_patch(kustomization).or_else(|| Some(culprit(kustomization).source.name.clone())));
    }
    let shown = shown(kustomization);
    let told = places.iter().map(|place| format!("{builder} cannot build {shown} because of {place}: {why}"));
    input.unread.extend(told);
    input.notes.push(format!("{shown} cannot be built: its files are read plain"));
    input.bundles.push(plain(&tree).with_broken(broken));
}

/// The kustomization and all that it builds on.
fn tree(kustomization: &Kustomization) -> Vec<Kustomization> {
    let mut tree = Vec::new();
    collect(kustomization.clone(), &mut tree, 0);
    tree
}

fn collect(kustomization: Kustomization, tree: &mut Vec<Kustomization>, depth: usize) {
    if depth > MAX_DEPTH || tree.iter().any(|known| known.folder == kustomization.folder) {
        return;
    }
    let inner: Vec<_> = resources(&kustomization).filter_map(|path| Kustomization::of(&path)).collect();
    tree.push(kustomization);
    inner.into_iter().for_each(|it| collect(it, tree, depth + 1));
}

fn resources(kustomization: &Kustomization) -> impl Iterator<Item = PathBuf> {
    kustomization.named().filter(|(_, what, _)| *what == Use::Resource).map(|(path, _, _)| path)
}

/// The objects of the files that they name, unpatched.
fn plain(tree: &[Kustomization]) -> Bundle {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in tree.iter().flat_map(resources).filter(|path| path.is_file()) {
        if !files.contains(&path) {
            files.push(path);
        }
    }
    Bundle::new(files.iter().filter_map(|path| file(path).ok()))
}

/// What is no YAML in the file itself, in what it names, and in the patches that stand in it.
fn broken(kustomization: &Kustomization) -> Vec<(Arc<Source>, Broken)> {
    let named = kustomization.named().filter(|(path, what, _)| *what != Use::Other && path.is_file());
    let named = named.filter_map(|(path, _, _)| file(&path).ok());
    let files = std::iter::once(Arc::clone(&kustomization.source)).chain(named);
    let of_files = files.flat_map(|source| {
        let broken: Vec<_> = yaml::parse(&source.text).into_iter().filter_map(Result::err).collect();
        broken.into_iter().map(move |it| (Arc::clone(&source), it))
    });
    let inline = origin::inline_patches(kustomization).into_iter().filter_map(Result::err);
    of_files.chain(inline.map(|it| (Arc::clone(&kustomization.source), it))).collect()
}

/// Where files are named that are not there.
fn missing(kustomization: &Kustomization) -> Vec<String> {
    let source = &kustomization.source;
    let gone = kustomization.named().filter(|(path, _, _)| !path.exists());
    gone.map(|(path, _, span)| {
        format!("{}:{}:{}, where {} is named and not there", source.name, span.line, span.column, path.display())
    })
    .collect()
}

/// The innermost kustomization that cannot be built for itself.
fn culprit(kustomization: &Kustomization) -> Kustomization {
    let mut at = kustomization.clone();
    for _ in 0..MAX_DEPTH {
        let inner = resources(&at).filter_map(|path| Kustomization::of(&path)).filter(|it| !it.is_component());
        let refused = inner.into_iter().find(|it| matches!(built(&it.folder), Some((_, Err(_)))));
        match refused {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}
