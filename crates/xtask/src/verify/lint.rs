//! The overlays hold nothing that a mesh would accept and then ignore: `mesh-lint`'s rules, with our own manifests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use mesh_lint::{Bundle, Finding, Mesh, Severity, Source, lint_all, read};

use crate::files::File;

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

/// What is wrong in a file whatever stands beside it. A warning may be about what is not in it, and is none here.
pub fn alone(manifests: &[File]) -> Vec<String> {
    let ours = |file: &&File| ["k8s/", "mesh/"].iter().any(|folder| file.path.starts_with(folder));
    let files = manifests.iter().filter(ours).filter(|file| file.path.ends_with(".yaml"));
    let bundles: Vec<_> = files.map(|file| Bundle::new([Source::new(&file.path, &file.text)])).collect();
    let found = lint_all(&bundles, Mesh::Auto);
    found.iter().filter(|it| it.rule.severity == Severity::Error).map(line).collect()
}

fn findings(paths: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let input = read::read(paths, || Err(io::Error::other("nothing is read from standard input")))?;
    let found = lint_all(&input.bundles, Mesh::Auto);
    Ok(input.unread.into_iter().chain(found.iter().map(line)).collect())
}

fn line(it: &Finding) -> String {
    let (name, line) = (&it.location.source.name, it.location.span.line);
    format!("{name}:{line}: {}: {} will {}; write instead: {}", it.rule.id, it.object, it.will, it.instead)
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
    #[test]
    fn a_file_alone_is_enough_for_some_mistakes() {
        let rule = mesh_lint::rules::find("linkerd-duration-on-route").expect("a rule");
        let file = |text: &str| File { path: "mesh/a.yaml".to_owned(), text: text.to_owned() };
        assert!(alone(&[file(rule.bad)]).iter().any(|it| it.starts_with("mesh/a.yaml:")));
        assert_eq!(alone(&[file(rule.good)]), Vec::<String>::new());
    }
}
