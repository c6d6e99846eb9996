//! Do both meshes have the same files: then a difference of two folders is a comparison of two meshes.
//!
//! What only one of them has is listed in mesh/README.md, with the reason.

use std::collections::BTreeSet;

use crate::files::File;

/// The folders that are twins.
const FOLDERS: [&str; 2] = ["mesh/istio/", "mesh/linkerd/"];

/// Files without a twin that the page does not name, and lines of the page that name nothing of the kind.
pub fn check(files: &[File], page: &str) -> Vec<String> {
    let listed = listed(page);
    let lonely: Vec<String> = FOLDERS.iter().flat_map(|folder| without_twin(files, folder)).collect();
    let unlisted = lonely.iter().filter(|path| !listed.iter().any(|entry| covers(entry, path)));
    let unlisted = unlisted.map(|path| format!("mesh/{path} has no twin, and mesh/README.md does not say why"));
    let idle = listed.iter().filter(|entry| !lonely.iter().any(|path| covers(entry, path)));
    let idle = idle.map(|entry| format!("mesh/README.md says that {entry} has no twin, but there is no such file"));
    unlisted.chain(idle).collect()
}

/// Files of a folder that the other one lacks, from `mesh/`.
fn without_twin(files: &[File], folder: &str) -> Vec<String> {
    let names = |folder: &str| -> BTreeSet<String> {
        files.iter().filter_map(|file| file.path.strip_prefix(folder)).map(str::to_owned).collect()
    };
    let others: BTreeSet<String> = FOLDERS.iter().filter(|other| **other != folder).flat_map(|it| names(it)).collect();
    let mesh = folder.trim_start_matches("mesh/");
    names(folder).difference(&others).map(|name| format!("{mesh}{name}")).collect()
}

/// The first cells of the table that has a reason in each line: `| `istio/canary/mirror.yaml` | ...`. A folder ends with `/`.
fn listed(page: &str) -> Vec<String> {
    let cell = |line: &str| Some(line.strip_prefix("| `")?.split_once("` | ")?.0.to_owned());
    let paths = page.lines().filter_map(cell);
    paths.filter(|path| FOLDERS.iter().any(|folder| format!("mesh/{path}").starts_with(folder))).collect()
}

fn covers(entry: &str, path: &str) -> bool {
    if entry.ends_with('/') { path.starts_with(entry) } else { path == entry }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[&str]) -> Vec<File> {
        paths.iter().map(|path| File { path: (*path).to_owned(), text: String::new() }).collect()
    }

    #[test]
    fn a_file_that_only_one_mesh_has_needs_a_reason() {
        let files = files(&[
            "mesh/istio/mtls.yaml",
            "mesh/linkerd/mtls.yaml",
            "mesh/istio/canary/mirror.yaml",
            "mesh/istio/gateway-api/ingress.yaml",
            "mesh/linkerd/new.yaml",
        ]);
        let page = "| `istio/canary/mirror.yaml` | no such thing |\n| `istio/gateway-api/` | always |\n";
        assert_eq!(check(&files, page), ["mesh/linkerd/new.yaml has no twin, and mesh/README.md does not say why"]);
    }

    #[test]
    fn a_reason_for_a_file_that_has_a_twin_is_one_too_many() {
        let files = files(&["mesh/istio/mtls.yaml", "mesh/linkerd/mtls.yaml"]);
        let page = "| `istio/mtls.yaml` | why? |\n| `fault-injection.yaml` | another table |\n";
        assert_eq!(check(&files, page).len(), 1);
    }
}
