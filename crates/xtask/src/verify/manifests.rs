//! What manifests must keep to, read as lines of text: `k8s/` knows no mesh, weights add up, variables are declared.

use crate::files::File;

/// Words that only `mesh/` may know.
const MESH_WORDS: [&str; 5] = ["istio", "linkerd", "sidecar", "envoy", "mesh"];
/// Variables of programs that are not ours.
const FOREIGN: [&str; 4] = ["PGDATA", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_USER"];

/// Lines under `k8s/` that name a mesh.
pub fn mesh_words(manifests: &[File]) -> Vec<String> {
    let names = |line: &str| {
        let words = line.to_lowercase();
        MESH_WORDS.iter().any(|word| words.split(|c: char| !c.is_ascii_alphanumeric()).any(|found| found == *word))
    };
    lines(manifests, "k8s/")
        .filter(|(_, line)| names(line))
        .map(|(place, line)| format!("{place}: {}", line.trim()))
        .collect()
}

/// Lists of weighted targets whose weights do not add up to 100.
pub fn weights(manifests: &[File]) -> Vec<String> {
    let canaries = manifests.iter().filter(|file| file.path.contains("/canary/"));
    canaries
        .flat_map(|file| {
            unbalanced(&file.text).into_iter().map(|sum| format!("{}: weights add up to {sum}", file.path))
        })
        .collect()
}

/// Variables in manifests that no program declares; `settings` is the page made from the programs.
pub fn variables(manifests: &[File], settings: &str) -> Vec<String> {
    let declared = |name: &str| settings.contains(&format!("| `{name}` |")) || FOREIGN.contains(&name);
    let named = lines(manifests, "").filter_map(|(place, line)| Some((place, variable(line)?)));
    named.filter(|(_, name)| !declared(name)).map(|(place, name)| format!("{place}: no program knows {name}")).collect()
}

/// Each line below `folder` with its place.
fn lines<'a>(manifests: &'a [File], folder: &'a str) -> impl Iterator<Item = (String, &'a str)> {
    let files = manifests.iter().filter(move |file| file.path.starts_with(folder));
    files.flat_map(|file| file.text.lines().enumerate().map(|(at, line)| (format!("{}:{}", file.path, at + 1), line)))
}

/// The sums of runs of `weight:` lines that are not 100. A run ends where a list of targets begins.
fn unbalanced(text: &str) -> Vec<u32> {
    let mut sums: Vec<Option<u32>> = vec![None];
    for line in text.lines() {
        let line = line.trim_start().trim_start_matches("- ");
        if matches!(line, "route:" | "backendRefs:") {
            sums.push(None);
        }
        if let Some(weight) = line.strip_prefix("weight: ").and_then(|weight| weight.trim().parse::<u32>().ok()) {
            let sum = sums.last_mut().expect("there is always one");
            *sum = Some(sum.unwrap_or(0) + weight);
        }
    }
    sums.into_iter().flatten().filter(|sum| *sum != 100).collect()
}

/// The name in `- name: LOG_FORMAT`, as variables are listed and nothing else is.
fn variable(line: &str) -> Option<&str> {
    let name = line.trim_start().trim_start_matches("- ").strip_prefix("name: ")?.trim();
    let shouted = name.contains('_') || name.len() > 3;
    (shouted && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Vec<File> {
        vec![File { path: path.to_owned(), text: text.to_owned() }]
    }

    #[test]
    fn a_mesh_word_under_k8s_is_found() {
        let text = "a: b\nlabels:\n  istio-injection: enabled\n";
        assert_eq!(mesh_words(&file("k8s/a.yaml", text)), ["k8s/a.yaml:3: istio-injection: enabled"]);
        assert!(mesh_words(&file("mesh/a.yaml", text)).is_empty());
    }

    #[test]
    fn weights_are_added_up_list_by_list() {
        let text = "route:\n- weight: 90\n- weight: 10\nroute:\n- weight: 90\n- weight: 20\n";
        assert_eq!(
            weights(&file("mesh/istio/canary/90-10.yaml", text)),
            ["mesh/istio/canary/90-10.yaml: weights add up to 110"]
        );
        assert!(weights(&file("mesh/istio/canary/one.yaml", "route:\n- destination: {}\n")).is_empty());
    }

    #[test]
    fn a_variable_that_no_program_knows_is_found() {
        let text = "env:\n- name: LOG_FORMAT\n- name: LOG_FORMATS\n- name: PGDATA\n- name: echo\n";
        let settings = "| `LOG_FORMAT` | all | `auto` | How |\n";
        assert_eq!(variables(&file("k8s/a.yaml", text), settings), ["k8s/a.yaml:3: no program knows LOG_FORMATS"]);
    }
}
