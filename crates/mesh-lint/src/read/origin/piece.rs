//! What does a kustomization write itself? Its settings, its patches and its generators, each as a piece of its own.

use std::sync::Arc;

use super::identity::Identity;
use super::inline;
use super::layer::{About, Writes};
use crate::read::file;
use crate::read::kustomize::Kustomization;
use crate::source::Source;
use crate::yaml::{self, Broken, Node};

/// Where it stands, whom it is about, what it writes.
pub(super) type Piece = (Arc<Source>, About, Writes);

/// What a kustomization says of all its objects, or of some by name, in the order in which kustomize has the last word.
pub(super) fn settings(kustomization: &Kustomization) -> Vec<Piece> {
    let root = &kustomization.root;
    let mut pieces = Vec::new();
    let images = root["images"].items().iter();
    let parts = images.flat_map(|it| ["newTag", "digest", "newName"].map(|part| &it[part])).filter(|it| it.exists());
    pieces.extend(parts.map(|it| (About::All, Writes::Field("image", it.clone()))));
    let replicas = root["replicas"].items().iter();
    pieces.extend(
        replicas.map(|it| (About::Name(it["name"].str().to_owned()), Writes::Field("replicas", it["count"].clone()))),
    );
    let labels = root["labels"].items().iter().map(|it| &it["pairs"]);
    let labels = [&root["commonAnnotations"], &root["commonLabels"]].into_iter().chain(labels);
    pieces.extend(labels.filter(|it| it.exists()).map(|it| (About::All, Writes::Labels(it.clone()))));
    let namespace = Some(&root["namespace"]).filter(|it| it.exists());
    pieces.extend(namespace.map(|it| (About::All, Writes::Field("namespace", it.clone()))));
    pieces.into_iter().map(|(about, writes)| (Arc::clone(&kustomization.source), about, writes)).collect()
}

/// The patches of a kustomization in the order in which they are made.
pub(super) fn patches(kustomization: &Kustomization) -> Vec<Piece> {
    let lists = ["patchesStrategicMerge", "patches", "patchesJson6902"];
    let entries = lists.into_iter().flat_map(|list| kustomization.root[list].items());
    entries.flat_map(|entry| patch(kustomization, entry)).collect()
}

fn patch(kustomization: &Kustomization, entry: &Node) -> Vec<Piece> {
    let (source, documents) = contents(kustomization, entry);
    let piece = |document: Node| {
        let about = Some(&entry["target"]).filter(|it| it.exists()).cloned().map_or(About::Named, About::Target);
        let writes =
            if document.items().is_empty() { Writes::Document(document) } else { Writes::Operations(document) };
        (Arc::clone(&source), about, writes)
    };
    documents.into_iter().flatten().map(piece).collect()
}

/// What a patch says, and the file in which it does: the one that it names, or the kustomization's own.
fn contents(kustomization: &Kustomization, entry: &Node) -> (Arc<Source>, Vec<Result<Node, Broken>>) {
    let path = if entry["path"].exists() { &entry["path"] } else { entry };
    if let Some(name) = path.text()
        && let Ok(source) = file(&kustomization.beside(name))
    {
        let documents = yaml::parse(&source.text);
        return (source, documents);
    }
    let text = if entry["patch"].exists() { &entry["patch"] } else { entry };
    (Arc::clone(&kustomization.source), inline::documents(&kustomization.source, text))
}

/// The documents of the patches that stand in a kustomization itself.
pub(in crate::read) fn inline_patches(kustomization: &Kustomization) -> Vec<Result<Node, Broken>> {
    let lists = ["patchesStrategicMerge", "patches", "patchesJson6902"];
    let entries = lists.into_iter().flat_map(|list| kustomization.root[list].items());
    let contents = entries.map(|entry| contents(kustomization, entry));
    contents
        .filter(|(source, _)| Arc::ptr_eq(source, &kustomization.source))
        .flat_map(|(_, documents)| documents)
        .collect()
}

/// What the generators of a kustomization make, the last first.
pub(super) fn generated(kustomization: &Kustomization, chain: &[&Kustomization]) -> Vec<Piece> {
    let generators = [("secretGenerator", "Secret"), ("configMapGenerator", "ConfigMap")];
    let piece = |(list, kind)| {
        let entries = kustomization.root[list].items().iter().rev();
        entries.map(move |entry: &Node| {
            let about = About::Itself(Identity::generated(kind, entry, chain));
            (Arc::clone(&kustomization.source), about, Writes::Generated(entry.clone()))
        })
    };
    generators.into_iter().flat_map(piece).collect()
}

/// The documents of a file; of a list its items.
pub(super) fn objects(source: &Source) -> Vec<Node> {
    let documents = yaml::parse(&source.text).into_iter().flatten();
    let items = documents.flat_map(|document| match document["items"].items() {
        [] => vec![document],
        items => items.to_vec(),
    });
    items.collect()
}
