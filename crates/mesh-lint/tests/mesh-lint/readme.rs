//! Is the README's example what the program prints?

use std::fs;
use std::path::Path;

use mesh_lint::{Bundle, lint, output};

/// The first block of a language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("a block");
    rest.split_once("```").expect("an end").0
}

#[test]
fn the_example_of_the_readme_prints_what_stands_there() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a page");
    let findings = lint(&Bundle::from_text("order-service.yaml", block(&page, "yaml")));
    assert_eq!(output::text(&findings, false), block(&page, "text"));
}

#[test]
fn the_hook_runs_the_program_that_is_installed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let hooks = fs::read_to_string(root.join(".pre-commit-hooks.yaml")).expect("hooks");
    assert!(hooks.contains("entry: mesh-lint\n") && hooks.contains("id: mesh-lint\n"), "{hooks}");
}
