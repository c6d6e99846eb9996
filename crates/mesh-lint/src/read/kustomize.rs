//! What does the file of a kustomization say? Which other files it names, and what each of them is for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file;
use crate::source::Source;
use crate::yaml::{self, Node, Span, Value};

/// What the file of a kustomization is called.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// How far kustomizations may lead to others; a circle of them has no end.
pub(super) const MAX_DEPTH: usize = 32;

/// A kustomization file.
#[derive(Clone, Debug)]
pub(super) struct Kustomization {
    /// Its folder, as it is really called.
    pub folder: PathBuf,
    /// Its file, as the paths lead to it.
    pub path: PathBuf,
    /// Its text.
    pub source: Arc<Source>,
    /// What it says; nothing if it is broken.
    pub root: Node,
}

/// What a path in a kustomization is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Objects are made of it: a file, a folder with a kustomization, or something far away.
    Resource,
    /// Its contents change objects.
    Patch,
    /// Anything else.
    Other,
}

impl Kustomization {
    /// Reads one. A broken one says nothing: who builds it tells why.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let source = file(path)?;
        let first = yaml::parse(&source.text).into_iter().flatten().next();
        let root = first.unwrap_or(Node { span: Span::default(), value: Value::Missing });
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self { folder: real(folder), path: path.to_owned(), source, root })
    }

    /// The kustomization of a folder, if it has one.
    pub fn of(folder: &Path) -> Option<Self> {
        NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()).and_then(|path| Self::read(&path).ok())
    }

    /// Whether it can only be built as part of another.
    pub fn is_component(&self) -> bool {
        self.root["kind"].str() == "Component"
    }

    /// The paths that it names in this machine's file system, each with the place where it does.
    pub fn named(&self) -> impl Iterator<Item = (PathBuf, Use, Span)> {
        self.texts()
            .filter(|(node, _)| is_path(node.str()))
            .map(|(node, what)| (self.beside(node.str()), what, node.span))
    }

    /// The files and folders that it names, of whatever use they are, as they are really called.
    pub fn uses(&self) -> Vec<PathBuf> {
        self.named().map(|(path, _, _)| real(&path)).collect()
    }

    /// What objects are made of far away: pages of the network and charts. Nobody here has written them.
    pub fn remote(&self) -> Option<&Node> {
        let pages = self.texts().filter(|(node, what)| *what == Use::Resource && is_remote(node.str()));
        pages.map(|(node, _)| node).chain(self.root["helmCharts"].items()).next()
    }

    /// A path as it is named in this file.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    fn texts(&self) -> impl Iterator<Item = (&Node, Use)> {
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
        let listed = lists.into_iter().flat_map(|(list, what)| {
            self.root[list].items().iter().map(move |it| (if it["path"].exists() { &it["path"] } else { it }, what))
        });
        listed.filter(|(node, _)| node.text().is_some())
    }

    /// The files that generated objects are filled with. They may be named `key=path`.
    pub fn fillings(&self) -> Vec<PathBuf> {
        let entries = ["configMapGenerator", "secretGenerator"].into_iter().flat_map(|it| self.root[it].items());
        let files = entries.flat_map(|entry| ["files", "envs"].into_iter().flat_map(|list| entry[list].items()));
        let names = files.map(|it| it.str().rsplit_once('=').map_or(it.str(), |(_, path)| path));
        names.map(|name| real(&self.beside(name))).collect()
    }
}

/// Whether it is the name of something here, and not a patch that stands there itself.
fn is_path(text: &str) -> bool {
    !is_remote(text) && !text.contains('\n') && !text.starts_with(['{', '['])
}

fn is_remote(text: &str) -> bool {
    text.contains("//") || text.contains("?ref=") || text.starts_with("git@") || text.starts_with("github.com/")
}

/// The one name of a file, without links and dots.
pub(super) fn real(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
