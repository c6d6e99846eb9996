//! What does a kustomization make? Built by kubectl or kustomize where one of them is there, else read plain.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use super::origin::Written;
use super::{Input, file};
use crate::bundle::Bundle;
use crate::source::Source;
use crate::yaml::{self, Node};

/// What the file of a kustomization is called.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// What turns a folder into objects.
const BUILDERS: [(&str, &str); 2] = [("kubectl", "kustomize"), ("kustomize", "build")];

/// A kustomization file.
#[derive(Clone, Debug)]
pub(super) struct Kustomization {
    /// Its folder, as it is really called.
    pub folder: PathBuf,
    /// Its file, as the paths lead to it.
    pub path: PathBuf,
    /// What it says; nothing if it is broken.
    pub root: Node,
}

impl Kustomization {
    /// Reads one. A broken one says nothing: who builds it tells why.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let documents = yaml::parse(&text).into_iter().flatten();
        let root = documents
            .into_iter()
            .next()
            .unwrap_or_else(|| Node { span: yaml::Span::default(), value: yaml::Value::Missing });
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self { folder: real(folder), path: path.to_owned(), root })
    }

    /// The kustomization of a folder, if it has one.
    pub fn of(folder: &Path) -> Option<Self> {
        NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()).and_then(|path| Self::read(&path).ok())
    }

    /// Whether it can only be built as part of another.
    pub fn is_component(&self) -> bool {
        self.root["kind"].str() == "Component"
    }

    /// The files and folders that it names, of whatever use they are.
    pub fn uses(&self) -> Vec<PathBuf> {
        self.named().map(|(path, _)| real(&self.path.with_file_name(path))).collect()
    }

    /// What it makes objects of: files and folders, as the paths lead to them.
    pub fn resources(&self) -> Vec<PathBuf> {
        self.named()
            .filter(|(_, use_)| *use_ == Use::Resource)
            .map(|(path, _)| self.path.with_file_name(path))
            .collect()
    }

    /// The files whose contents change objects.
    pub fn patches(&self) -> Vec<PathBuf> {
        self.named().filter(|(_, use_)| *use_ == Use::Patch).map(|(path, _)| self.path.with_file_name(path)).collect()
    }

    fn named(&self) -> impl Iterator<Item = (&str, Use)> {
        let lists = [
            ("resources", Use::Resource),
            ("bases", Use::Resource),
            ("components", Use::Resource),
            ("patchesStrategicMerge", Use::Patch),
            ("patches", Use::Patch),
            ("patchesJson6902", Use::Patch),
            ("configurations", Use::Other),
            ("crds", Use::Other),
            ("generators", Use::Other),
            ("transformers", Use::Other),
            ("validators", Use::Other),
            ("replacements", Use::Other),
        ];
        lists.into_iter().flat_map(|(list, use_)| {
            self.root[list].items().iter().filter_map(move |item| Some((item.text().or(item["path"].text())?, use_)))
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Resource,
    Patch,
    Other,
}

/// Adds what a kustomization makes to the input, and how that was found out.
pub(super) fn build(kustomization: &Kustomization, input: &mut Input) -> anyhow::Result<()> {
    let folder = kustomization.path.parent().unwrap_or(Path::new(""));
    let shown = folder.display();
    match built(&kustomization.folder) {
        Some((builder, Ok(text))) => {
            input.notes.push(format!("{shown} was built by {builder}"));
            let name = format!("{shown} (built)");
            let written = Written::of(kustomization);
            input.bundles.push(Bundle::new([Source::new(name, text)]).with_origins(Box::new(written)));
        }
        Some((builder, Err(why))) => {
            input.unbuilt.push(format!("{builder} cannot build {shown}, so its files were read plain: {why}"));
            input.bundles.push(plain(kustomization)?);
        }
        None => {
            input
                .notes
                .push(format!("neither kubectl nor kustomize is there to build {shown}: its files are read plain"));
            input.bundles.push(plain(kustomization)?);
        }
    }
    Ok(())
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

/// The objects of the files that it names, unpatched, and of those below.
fn plain(kustomization: &Kustomization) -> anyhow::Result<Bundle> {
    let mut files = Vec::new();
    collect(kustomization, &mut files, 0);
    let sources = files.iter().map(|path| file(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(Bundle::new(sources))
}

/// How far kustomizations may lead to others; a circle of them has no end.
const MAX_DEPTH: usize = 32;

fn collect(kustomization: &Kustomization, files: &mut Vec<PathBuf>, depth: usize) {
    for path in kustomization.resources() {
        if path.is_file() && !files.contains(&path) {
            files.push(path);
        } else if depth < MAX_DEPTH
            && let Some(inner) = Kustomization::of(&path)
        {
            collect(&inner, files, depth + 1);
        }
    }
}

/// The one name of a file, without links and dots.
pub(super) fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
