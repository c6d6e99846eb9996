//! A stranger reads the first line of a file: it says which question the file answers.

use crate::files::File;

/// Files without a `//!` head, and `mod.rs`, whose name answers nothing.
pub fn check(sources: &[File]) -> Vec<String> {
    let headless = sources.iter().filter(|file| !file.text.starts_with("//! ") && !file.text.starts_with("#![doc"));
    let unnamed = sources.iter().filter(|file| file.path.ends_with("/mod.rs"));
    let headless = headless.map(|file| format!("{} does not open with //!", file.path));
    headless.chain(unnamed.map(|file| format!("{} has a name that says nothing", file.path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_head_is_found() {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let findings = check(&[file("a.rs", "//! Why.\n"), file("b.rs", "use x;\n"), file("c/mod.rs", "//! Why.\n")]);
        assert_eq!(findings, ["b.rs does not open with //!", "c/mod.rs has a name that says nothing"]);
    }
}
