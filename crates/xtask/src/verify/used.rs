//! Each manifest is in a kustomization or applied by hand, and no key set is committed: a file that nobody uses says
//! nothing, and one that is left out by mistake is missed by nobody.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::files::File;

/// Folders whose files one applies one at a time; what is in them may be in a kustomization as well.
const BY_HAND: [&str; 3] = ["/canary/", "/fault-injection.yaml", "mesh/ingress/"];
/// Configuration of programs, which no cluster takes.
const CONFIGURATION: [&str; 1] = ["k8s/kind.yaml"];
/// What one applies, or puts on top of something.
const ROOTS: [&str; 3] = ["/overlays/", "/gateway-api/", "/progressive/"];

/// Files under `k8s/` and `mesh/` that nothing leads to.
pub fn check(files: &[File]) -> Vec<String> {
    let manifests = files.iter().filter(|file| file.path.starts_with("k8s/") || file.path.starts_with("mesh/"));
    let used: BTreeSet<String> = files.iter().filter(|file| is_kustomization(file)).flat_map(entries).collect();
    manifests
        .filter(|file| file.path.ends_with(".yaml") && !is_root(&file.path) && !used.contains(&file.path))
        .map(|file| format!("{}: no kustomization names it, and it is not applied by hand", file.path))
        .collect()
}

/// Key sets of a demonstration that git would take.
pub fn key_sets(files: &[File]) -> Vec<String> {
    let ignored = |folder: &str| {
        let path = format!("{folder}/.gitignore");
        files.iter().any(|file| file.path == path && file.text.lines().any(|line| line == "jwks.json"))
    };
    let folders = ["k8s/overlays/kind", "mesh/istio"].into_iter().filter(|folder| !ignored(folder));
    folders.map(|folder| format!("{folder}/jwks.json could be committed: .gitignore does not name it")).collect()
}

fn is_kustomization(file: &File) -> bool {
    file.path.ends_with("/kustomization.yaml")
}

fn is_root(path: &str) -> bool {
    let is_kustomization = path.ends_with("/kustomization.yaml");
    (is_kustomization && ROOTS.iter().any(|root| path.contains(root)))
        || BY_HAND.iter().any(|part| path.contains(part))
        || CONFIGURATION.contains(&path)
}

/// What a kustomization names: files, and folders by their own kustomization.
fn entries(file: &File) -> Vec<String> {
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let named = |line: &str| {
        let line = line.trim_start().strip_prefix("- ")?;
        Some(line.strip_prefix("path: ").unwrap_or(line).trim().to_owned())
    };
    file.text
        .lines()
        .filter_map(named)
        .map(|entry| resolve(&folder.join(entry)))
        .map(|path| if path.extension().is_some() { path } else { path.join("kustomization.yaml") })
        .map(|path| path.display().to_string())
        .collect()
}

/// A path without `..`.
pub fn resolve(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_that_no_kustomization_names_is_found() {
        let files = [
            file("k8s/overlays/kind/kustomization.yaml", "resources:\n- ../../base\npatches:\n- path: small.yaml\n"),
            file("k8s/overlays/kind/small.yaml", ""),
            file("k8s/base/kustomization.yaml", "resources:\n- a.yaml\n"),
            file("k8s/base/a.yaml", ""),
            file("mesh/istio/canary/90-10.yaml", ""),
        ];
        assert_eq!(check(&files), [""; 0]);
        let lost = [&files[..], &[file("k8s/base/b.yaml", ""), file("k8s/other/kustomization.yaml", "")]].concat();
        let found = check(&lost);
        assert!(found.len() == 2 && found[0].starts_with("k8s/base/b.yaml"), "{found:?}");
    }

    #[test]
    fn a_key_set_that_git_would_take_is_found() {
        let kept = [file("k8s/overlays/kind/.gitignore", "jwks.json\n"), file("mesh/istio/.gitignore", "jwks.json\n")];
        assert_eq!(key_sets(&kept), [""; 0]);
        assert_eq!(key_sets(&kept[..1]).len(), 1);
    }
}
