//! What becomes of input that is no manifest? The program says what it saw and exits with what it promised.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Runs the program in a folder.
fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-lint"));
    command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(input).expect("reads");
    let Output { status, stdout, stderr } = child.wait_with_output().expect("ends");
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (status.code(), text)
}

/// Writes a file and runs the program on it.
fn with(name: &str, bytes: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join(name), bytes).expect("written");
    run(folder.path(), arguments, b"")
}

const PORT: &str = "apiVersion: v1\r\nkind: Service\r\nmetadata: {name: a}\r\nspec:\r\n  ports:\r\n  - port: 80\r\n";

#[test]
fn what_holds_no_object_has_no_finding_and_a_note() {
    for text in ["", "---\n---\n", "# nothing\n", "hello\n", "a: 1\n"] {
        let (code, said) = with("a.yaml", text.as_bytes(), &["a.yaml"]);
        assert!(code == Some(0) && said.contains("no object of Kubernetes"), "{text:?}: {code:?} {said}");
    }
    let (code, said) = run(TempDir::new().expect("a folder").path(), &["."], b"");
    assert!(code == Some(0) && said.contains("no object of Kubernetes"), "{code:?} {said}");
}

#[test]
fn what_is_not_there_ends_with_two_and_its_name() {
    let (code, said) = with("a.yaml", b"", &["a.yaml", "missing.yaml"]);
    assert!(code == Some(2) && said.contains("cannot read missing.yaml"), "{code:?} {said}");
}

#[test]
fn a_kustomization_that_nobody_can_build_ends_with_two_and_the_reason() {
    for text in ["resources: [missing.yaml]\n", "resources: [\n"] {
        let (code, said) = with("kustomization.yaml", text.as_bytes(), &["--quiet", "."]);
        match ["kubectl", "kustomize"].iter().any(|it| Command::new(it).arg("version").output().is_ok()) {
            true => assert!(code == Some(2) && said.contains("cannot build ."), "{text:?}: {code:?} {said}"),
            false => assert!(code == Some(0), "{text:?}: {code:?} {said}"),
        }
    }
}

#[test]
fn windows_lines_and_standard_input_have_the_lines_of_an_editor() {
    let two = format!("{PORT}---\r\n{PORT}");
    let (code, said) = run(&std::env::temp_dir(), &["-"], two.as_bytes());
    assert!(code == Some(1) && said.contains("stdin:6:11") && said.contains("stdin:13:11"), "{said}");
    assert!(!said.contains('\r'), "{said:?}");
}

#[test]
fn what_is_no_yaml_is_a_finding_that_fits_a_screen() {
    let deep = "[".repeat(100_000);
    let laughs: String = ('b'..='i').fold("a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, name| {
        let before = char::from(name as u8 - 1);
        let items = format!("*{before},").repeat(9);
        format!("{text}{name}: &{name} [{items}]\n")
    });
    let bytes: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let texts: [&[u8]; 5] = [deep.as_bytes(), laughs.as_bytes(), &bytes, b"a: 1\n\tb: 2\n", b"a: *unknown\n"];
    for text in texts {
        let (code, said) = with("a.yaml", text, &["a.yaml"]);
        assert!(code == Some(1) && said.contains("[input-yaml-broken]"), "{code:?} {said}");
        assert!(said.lines().all(|line| line.chars().count() < 250), "{said}");
        assert!(!said.contains(|it: char| it.is_control() && !matches!(it, '\n' | '\t')), "{said:?}");
    }
}

#[test]
fn templates_of_a_folder_are_named_and_not_read() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("jinja.yaml", "{% if a %}\na: 1\n{% endif %}\n");
    write("service.yaml", PORT);
    let (code, said) = run(folder.path(), &["."], b"");
    assert!(code == Some(1) && said.contains("jinja.yaml is a template"), "{said}");
    assert!(!said.contains("input-yaml-broken") && said.contains("service.yaml:6:11"), "{said}");
    let (_, said) = run(folder.path(), &["jinja.yaml"], b"");
    assert!(said.contains("input-yaml-broken") && said.contains("what the template makes"), "{said}");
}
