//! Which object of the built text is meant by one in a file, or by the target of a patch?

use super::super::kustomize::Kustomization;
use crate::object::Object;
use crate::yaml::Node;

/// What an object is called in the file, and after each kustomization on the way out of it.
#[derive(Debug)]
pub(super) struct Identity {
    group: Box<str>,
    kind: Box<str>,
    names: Vec<String>,
    namespaces: Vec<String>,
    /// Whether a hash of its contents ends its name.
    hashed: bool,
}

impl Identity {
    /// The identity of a document below some kustomizations, of which the outermost is the first.
    pub fn of(document: &Node, chain: &[&Kustomization]) -> Self {
        let metadata = &document["metadata"];
        let namespace = metadata["namespace"].text().map(ToOwned::to_owned);
        Self::new(group(document).into(), document["kind"].str(), metadata["name"].str(), namespace, chain)
    }

    /// The identity of what a generator makes.
    pub fn generated(kind: &str, entry: &Node, chain: &[&Kustomization]) -> Self {
        let namespace = entry["namespace"].text().map(ToOwned::to_owned);
        Self { hashed: true, ..Self::new("".into(), kind, entry["name"].str(), namespace, chain) }
    }

    fn new(group: Box<str>, kind: &str, name: &str, namespace: Option<String>, chain: &[&Kustomization]) -> Self {
        let (mut names, mut namespaces) = (vec![name.to_owned()], Vec::from_iter(namespace));
        for kustomization in chain.iter().rev() {
            let (before, after) = (kustomization.root["namePrefix"].str(), kustomization.root["nameSuffix"].str());
            names.extend(names.last().map(|name| format!("{before}{name}{after}")));
            namespaces.extend(kustomization.root["namespace"].text().map(ToOwned::to_owned));
        }
        Self { group, kind: kind.into(), names, namespaces, hashed: false }
    }

    /// How well it fits a built object: `2` by its last name, `1` by one that it had before, as kinds that no prefix is put
    /// before keep it; `None` if it is another object.
    pub fn fits(&self, object: &Object) -> Option<u8> {
        let namespace = object["metadata"]["namespace"].text();
        let is_at_home = namespace.is_none_or(|it| self.namespaces.last().is_none_or(|own| own == it));
        let is_of_kind = self.kind == object.kind && self.group == object.group;
        let is_named =
            |name: &String| *name == *object.name || self.hashed && is_hash(object.name.strip_prefix(&**name));
        match self.names.iter().rposition(is_named) {
            Some(at) if is_of_kind && is_at_home => Some(if at + 1 == self.names.len() { 2 } else { 1 }),
            _ => None,
        }
    }

    /// Whether a patch that names an object means this one: by any name that it has had.
    pub fn is_named_by(&self, patch: &Node) -> bool {
        let named = |node: &Node, known: &[String]| node.text().is_none_or(|it| known.iter().any(|own| own == it));
        let metadata = &patch["metadata"];
        *self.kind == *patch["kind"].str()
            && (!patch["apiVersion"].exists() || *self.group == *group(patch))
            && named(&metadata["name"], &self.names)
            && (self.namespaces.is_empty() || named(&metadata["namespace"], &self.namespaces))
    }

    /// Whether the `target` of a patch takes it. Labels and regular expressions are taken to fit: what the patch writes has
    /// to be found in the object besides.
    pub fn is_target(&self, target: &Node) -> bool {
        let fits = |node: &Node, known: &[String]| {
            node.text().is_none_or(|it| is_pattern(it) || known.is_empty() || known.iter().any(|own| own == it))
        };
        fits(&target["kind"], &[self.kind.to_string()])
            && fits(&target["group"], &[self.group.to_string()])
            && fits(&target["name"], &self.names)
            && fits(&target["namespace"], &self.namespaces)
    }

    /// Whether it has ever had a name.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

fn group(document: &Node) -> &str {
    document["apiVersion"].str().split_once('/').map_or("", |(group, _)| group)
}

fn is_pattern(text: &str) -> bool {
    text.contains(|it: char| "*+?|()[]{}^$\\".contains(it))
}

/// Whether it is what kustomize puts behind the name of a generated object.
fn is_hash(rest: Option<&str>) -> bool {
    rest.and_then(|it| it.strip_prefix('-'))
        .is_some_and(|hash| hash.len() == 10 && hash.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_told_from_the_rest_of_a_name() {
        assert!(is_hash(Some("-5g2htk6m9f")));
        assert!(!is_hash(Some("-settings")) && !is_hash(Some("")) && !is_hash(None));
    }
}
