//! The overlays hold nothing that a mesh would accept and then ignore: `mesh-lint`'s rules, with our own manifests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use mesh_lint::{Mesh, lint_all, read};

/// Where one looks for overlays.
const OVERLAYS: [&str; 2] = ["k8s/overlays", "mesh/overlays"];

/// What it finds in the overlays below `root`, one line each.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut folders = Vec::new();
    for place in OVERLAYS {
        let entries = fs::read_dir(root.join(place)).with_context(|| place.to_owned())?;
        for entry in entries {
            folders.push(entry?.path());
        }
    }
    folders.sort();
    findings(&folders)
}

fn findings(paths: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let input = read::read(paths, || Err(io::Error::other("nothing is read from standard input")))?;
    let found = lint_all(&input.bundles, Mesh::Auto);
    let line = |it: &mesh_lint::Finding| {
        let (name, line) = (&it.location.source.name, it.location.span.line);
        format!("{name}:{line}: {}: {} will {}; write instead: {}", it.rule.id, it.object, it.will, it.instead)
    };
    Ok(found.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_rule_and_its_line() {
        let rule = mesh_lint::rules::find("kubernetes-port-protocol").expect("a rule");
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text, count) in [("bad.yaml", rule.bad, true), ("good.yaml", rule.good, false)] {
            let file = folder.path().join(name);
            fs::write(&file, text).expect("written");
            let found = findings(&[file]).expect("read");
            assert_eq!(found.iter().any(|it| it.contains("kubernetes-port-protocol")), count, "{found:?}");
        }
    }
}
