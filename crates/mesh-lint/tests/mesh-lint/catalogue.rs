//! Is each rule what its file says? Examples are run, lists and docs/rules.md are those of the folders.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint` writes lists and page anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mesh_lint::{Bundle, Domain, Mesh, Rule, lint_all, output, rules};

/// The lines of a text that end in the mark of a finding.
fn marked(text: &str) -> BTreeSet<u32> {
    (1..).zip(text.lines()).filter(|(_, line)| line.ends_with("# <-")).map(|(number, _)| number).collect()
}

/// The lines at which a rule finds something, whichever mesh it is about.
fn found(rule: &Rule, text: &str) -> BTreeSet<u32> {
    let meshes = [Mesh::Istio, Mesh::Linkerd];
    let all = meshes.into_iter().flat_map(|mesh| lint_all(&[Bundle::from_text("example.yaml", text)], mesh));
    all.filter(|finding| finding.rule.id == rule.id).map(|finding| finding.location.span.line).collect()
}

#[test]
fn a_rule_finds_its_bad_example_at_the_marked_lines() {
    let unlike = rules::all().map(|rule| (rule.id, marked(rule.bad), found(rule, rule.bad)));
    let unlike: Vec<_> = unlike.filter(|(_, marked, found)| marked.is_empty() || marked != found).collect();
    assert!(unlike.is_empty(), "rule, lines marked, lines found: {unlike:#?}");
}

#[test]
fn a_rule_finds_nothing_in_its_good_example() {
    let wrong = rules::all().map(|rule| (rule.id, found(rule, rule.good), Bundle::from_text("good", rule.good)));
    let wrong: Vec<_> = wrong.filter(|(_, found, good)| !found.is_empty() || !good.broken().is_empty()).collect();
    assert!(wrong.is_empty(), "{:#?}", wrong.iter().map(|(id, found, _)| (id, found)).collect::<Vec<_>>());
}

#[test]
fn a_good_example_is_good_by_every_rule() {
    let meshes = |rule: &Rule| match rule.domain() {
        Domain::Istio => vec![Mesh::Istio],
        Domain::Linkerd => vec![Mesh::Linkerd],
        Domain::Kubernetes | Domain::Input => vec![Mesh::Istio, Mesh::Linkerd],
    };
    let wrong: Vec<_> = rules::all()
        .flat_map(|rule| meshes(rule).into_iter().map(move |mesh| (rule, mesh)))
        .flat_map(|(rule, mesh)| {
            let found = lint_all(&[Bundle::from_text("good.yaml", rule.good)], mesh);
            found
                .into_iter()
                .map(move |it| format!("{} {mesh:?}: {} at {}", rule.id, it.rule.id, it.location.span.line))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_rule_says_all_that_is_to_be_said() {
    let mut ids = BTreeSet::new();
    for rule in rules::all() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(rule.id.len() <= 63, "{} is too long for the name of an annotation", rule.id);
        assert!(!rule.title.is_empty() && !rule.title.ends_with('.'), "{}", rule.id);
        assert!(rule.reason.ends_with('.') && rule.reason.len() > 80, "{}: {}", rule.id, rule.reason);
        let is_page = ["https://", "README.md of mesh-lint, "].iter().any(|page| rule.reference.starts_with(page));
        let is_thread = rule
            .reference
            .split_once('#')
            .is_some_and(|(place, number)| place.split('/').count() == 2 && number.parse::<u64>().is_ok());
        assert!(is_page || is_thread, "{} refers to {:?}, which is no page and no thread", rule.id, rule.reference);
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A generated file is what it should be, or is written.
fn snapshot(path: &Path, text: &str) {
    if option_env!("UPDATE_SNAPSHOTS") == Some("1") {
        fs::write(path, text).expect("writable");
    }
    let written = fs::read_to_string(path).expect("readable");
    assert!(written == text, "{} is not up to date; UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint", path.display());
}

#[test]
fn each_file_of_a_folder_is_listed() {
    let questions = [
        ("input", "What is said about the input itself?"),
        ("kubernetes", "What is wrong under every mesh?"),
        ("istio", "What is wrong under Istio?"),
        ("linkerd", "What is wrong under Linkerd?"),
    ];
    for (name, question) in questions {
        let entries = fs::read_dir(folder("src/rules").join(name)).expect("a folder");
        let names = entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"));
        let modules: BTreeSet<_> = names.filter_map(|name| name.strip_suffix(".rs").map(ToOwned::to_owned)).collect();
        snapshot(&folder("src/rules").join(format!("{name}.rs")), &list(question, &modules));
    }
}

/// The text of a folder's list. `support.rs` is what rules share, all other files are rules.
fn list(question: &str, modules: &BTreeSet<String>) -> String {
    let mut text = format!("//! {question} Generated: `UPDATE_SNAPSHOTS=1 cargo test -p mesh-lint`.\n\n");
    modules.iter().for_each(|module| text.push_str(&format!("pub mod {module};\n")));
    text.push_str("\nuse crate::rule::Rule;\n\n/// One rule a file of this folder.\n#[rustfmt::skip]\n");
    text.push_str("pub static RULES: &[&Rule] = &[\n");
    let rules = modules.iter().filter(|module| *module != "support");
    rules.for_each(|module| text.push_str(&format!("    &{module}::RULE,\n")));
    text.push_str("];\n");
    text
}

#[test]
fn a_rule_is_called_like_its_file() {
    for rule in rules::all() {
        let path = rule.id.replacen('-', "/", 1).replace('-', "_");
        assert!(folder("src/rules").join(format!("{path}.rs")).is_file(), "{} does not stand in {path}.rs", rule.id);
    }
}

#[test]
fn the_page_of_rules_is_up_to_date() {
    snapshot(&folder("docs/rules.md"), &output::page());
}
