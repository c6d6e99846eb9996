//! `mesh-ready` serves any shop: a noun of this one in it would be the first step to a framework for one user.

use crate::files::File;

const NOUNS: [&str; 7] = ["user", "users", "order", "orders", "buyer", "buyers", "shop"];

/// The lines of `mesh-ready` that know what this system sells.
pub fn check(sources: &[File]) -> Vec<String> {
    let ours = sources.iter().filter(|file| file.path.starts_with("crates/mesh-ready/"));
    ours.flat_map(|file| {
        let lines = file.text.lines().enumerate().filter(|(_, line)| NOUNS.iter().any(|noun| contains(line, noun)));
        lines.map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim())).collect::<Vec<_>>()
    })
    .collect()
}

/// A header of HTTP, whoever the user is.
const HEADER: [&str; 2] = ["user-agent", "user_agent"];

/// Whether `line` has `noun` as a word; names in code are split at `_` and `-`.
fn contains(line: &str, noun: &str) -> bool {
    let line = HEADER.iter().fold(line.to_lowercase(), |line, header| line.replace(header, ""));
    line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_is_found_in_names_and_comments_and_only_as_a_word() {
        let text = "let border = 1; // USER_AGENT\n// The buyer's id.\nfn user_id() {}\nstruct Ordering;\n".to_owned();
        let file = File { path: "crates/mesh-ready/src/lib.rs".to_owned(), text: text.clone() };
        let findings = check(&[file, File { path: "crates/order-service/src/lib.rs".to_owned(), text }]);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].starts_with("crates/mesh-ready/src/lib.rs:2") && findings[1].contains("lib.rs:3"));
    }
}
