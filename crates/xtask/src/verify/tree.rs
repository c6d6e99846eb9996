//! The crates and what each depends on, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command;

/// The dependency graph without build and test dependencies.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The crates of this workspace.
    pub ours: BTreeSet<String>,
    /// Each crate's direct dependencies by name, ours and others.
    pub edges: BTreeMap<String, BTreeSet<String>>,
}

impl Tree {
    /// As the lock file has it.
    pub fn read() -> anyhow::Result<Self> {
        let text = command::output("cargo metadata --format-version 1 --locked")?;
        Ok(Self::parse(&serde_json::from_str(&text)?))
    }

    fn parse(metadata: &Value) -> Self {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let packages = list(&metadata["packages"]);
        let names: BTreeMap<String, String> = packages.iter().map(|p| (text(&p["id"]), text(&p["name"]))).collect();
        let name = |id: &Value| names.get(&text(id)).cloned().unwrap_or_default();
        let ours = list(&metadata["workspace_members"]).iter().map(&name).collect();
        let mut tree = Self { ours, edges: BTreeMap::new() };
        for node in list(&metadata["resolve"]["nodes"]) {
            let normal = |dep: &&Value| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let deps = list(&node["deps"]);
            let deps = deps.iter().filter(normal).map(|dep| name(&dep["pkg"]));
            tree.edges.entry(name(&node["id"])).or_default().extend(deps);
        }
        tree
    }

    /// All that `root` needs, itself excluded.
    pub fn below(&self, root: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut next = vec![root];
        while let Some(name) = next.pop() {
            for dep in self.edges.get(name).into_iter().flatten() {
                if found.insert(dep.clone()) {
                    next.push(dep);
                }
            }
        }
        found
    }
}

#[cfg(test)]
impl Tree {
    /// A graph of these edges, all of them ours.
    pub fn of(edges: &[(&str, &[&str])]) -> Self {
        let mut tree = Self::default();
        for (name, deps) in edges {
            tree.ours.insert((*name).to_owned());
            tree.edges.insert((*name).to_owned(), deps.iter().map(|dep| (*dep).to_owned()).collect());
        }
        tree
    }
}
