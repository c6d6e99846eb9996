//! What is one Kubernetes object, as far as every rule wants to know it?

use std::ops::Index;
use std::sync::Arc;

use crate::source::Source;
use crate::yaml::{Node, Span};

/// An object of a manifest. `object["spec"]["ports"]` reads on from its root.
#[derive(Clone, Debug)]
pub struct Object {
    /// The text it stands in.
    pub source: Arc<Source>,
    /// All of it.
    pub root: Node,
    /// The API group without a version; empty for the core.
    pub group: Box<str>,
    /// The version in the group.
    pub version: Box<str>,
    /// The kind.
    pub kind: Box<str>,
    /// The name; empty if it has none.
    pub name: Box<str>,
    /// The namespace; one that is not named is that of the objects beside it, `default` if they name none either, and empty
    /// where that cannot be told.
    pub namespace: Box<str>,
}

impl Object {
    /// The objects of a document: itself, or the items of a `List`; none if it is no Kubernetes object.
    pub(crate) fn all(source: &Arc<Source>, root: Node) -> Vec<Self> {
        if root["kind"].str().ends_with("List") && root["items"].exists() {
            let items = root["items"].items().iter();
            return items.filter_map(|item| Self::new(source, item.clone())).collect();
        }
        Self::new(source, root).into_iter().collect()
    }

    fn new(source: &Arc<Source>, root: Node) -> Option<Self> {
        let (api, kind) = (root["apiVersion"].text()?, root["kind"].text()?);
        let (group, version) = api.split_once('/').unwrap_or(("", api));
        let namespace = root["metadata"]["namespace"].text().unwrap_or("default");
        Some(Self {
            source: Arc::clone(source),
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            name: root["metadata"]["name"].str().into(),
            namespace: namespace.into(),
            root,
        })
    }

    /// Whether it is of this group and kind.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        *self.group == *group && *self.kind == *kind
    }

    /// An annotation of its own metadata.
    #[must_use]
    pub fn annotation(&self, key: &str) -> &Node {
        &self.root["metadata"]["annotations"][key]
    }

    /// A label of its own metadata.
    #[must_use]
    pub fn label(&self, key: &str) -> &Node {
        &self.root["metadata"]["labels"][key]
    }

    /// Where to point when a rule is about the whole object: its name, or its kind.
    #[must_use]
    pub fn place(&self) -> Span {
        let name = &self.root["metadata"]["name"];
        if name.exists() { name.span } else { self.root["kind"].span }
    }

    /// How it is called in a finding: `Service shop/order-service`.
    #[must_use]
    pub fn title(&self) -> String {
        match self.root["metadata"]["namespace"].text() {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
            None => format!("{} {}", self.kind, self.name),
        }
    }
}

impl Index<&str> for Object {
    type Output = Node;

    fn index(&self, key: &str) -> &Node {
        &self.root[key]
    }
}
