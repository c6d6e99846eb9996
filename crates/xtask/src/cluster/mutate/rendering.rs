//! What kustomize makes of a tree, object by object, and how two of these differ.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::{Mesh, manifests};
use crate::verify::bundle;

/// The objects of a deployment, by `Kind/namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering(BTreeMap<String, String>);

/// What takes a while to become what it says.
const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];

impl Rendering {
    /// The whole deployment with a mesh, from the manifests below `root`.
    pub fn of(root: &Path, mesh: Mesh, images: &[(String, String)]) -> anyhow::Result<Self> {
        let yaml = bundle::render(&root.join(mesh.kustomization()))?;
        Ok(Self::parse(&manifests::replaced(&yaml, images)))
    }

    fn parse(yaml: &str) -> Self {
        let documents = yaml.split("\n---\n").filter(|text| !text.trim().is_empty());
        Self(documents.map(|text| (key(text), format!("{}\n", text.trim_end()))).collect())
    }

    /// All objects, as YAML.
    pub fn yaml(&self) -> String {
        yaml(self.0.iter())
    }

    /// The objects that the other has not, as YAML.
    pub fn without(&self, other: &Self) -> String {
        yaml(self.0.iter().filter(|(key, _)| !other.0.contains_key(*key)))
    }

    /// The objects that are new or different here, as YAML.
    pub fn changed_from(&self, other: &Self) -> String {
        yaml(self.0.iter().filter(|(key, text)| other.0.get(*key) != Some(*text)))
    }

    /// The workloads that are different here: `Deployment/x`.
    pub fn changed_workloads(&self, other: &Self) -> Vec<String> {
        let changed = self.0.iter().filter(|(key, text)| other.0.get(*key) != Some(*text));
        let workload = |key: &str| {
            let mut parts = key.split('/');
            let (kind, name) = (parts.next()?, parts.next_back()?);
            WORKLOADS.contains(&kind).then(|| format!("{kind}/{name}"))
        };
        changed.filter_map(|(key, _)| workload(key)).collect()
    }

    /// Whether a workload is there only once, or different.
    pub fn differs_in_workloads(&self, other: &Self) -> bool {
        !self.changed_workloads(other).is_empty() || !other.changed_workloads(self).is_empty()
    }
}

fn yaml<'a>(objects: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    objects.map(|(_, text)| format!("---\n{text}")).collect()
}

/// `Kind/namespace/name`, as kustomize writes them: metadata is indented once.
fn key(text: &str) -> String {
    let mut in_metadata = false;
    let (mut kind, mut name, mut namespace) = ("", "", "");
    for line in text.lines() {
        if !line.starts_with(' ') {
            in_metadata = line == "metadata:";
            kind = line.strip_prefix("kind: ").unwrap_or(kind);
        } else if in_metadata {
            name = line.strip_prefix("  name: ").unwrap_or(name);
            namespace = line.strip_prefix("  namespace: ").unwrap_or(namespace);
        }
    }
    format!("{kind}/{namespace}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, name: &str, more: &str) -> String {
        format!(
            "apiVersion: v1\nkind: {kind}\nmetadata:\n  labels:\n    name: x\n  name: {name}\n  namespace: shop\nspec:\n{more}"
        )
    }

    #[test]
    fn renderings_differ_in_what_is_new_gone_or_different() {
        let parse = |objects: &[String]| Rendering::parse(&objects.join("\n---\n"));
        let old = parse(&[object("Service", "a", "  b: 1"), object("Deployment", "c", "  d: 1")]);
        let new = parse(&[object("Deployment", "c", "  d: 2"), object("Secret", "e", "")]);
        assert_eq!(new.changed_workloads(&old), ["Deployment/c"]);
        let gone = old.without(&new);
        assert!(gone.contains("kind: Service") && !gone.contains("kind: Deployment"), "{gone}");
        let changed = new.changed_from(&old);
        assert!(changed.contains("d: 2") && changed.contains("kind: Secret"), "{changed}");
        assert!(!old.differs_in_workloads(&old) && new.differs_in_workloads(&old));
    }
}
