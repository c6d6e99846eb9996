//! What becomes of input that is no manifest? The program says what it saw and exits with what it promised.

use std::io::Read;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::program::{PORT, run};

/// Writes a file and runs the program on it.
fn with(name: &str, bytes: &[u8], arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join(name), bytes).expect("written");
    run(folder.path(), arguments, b"")
}

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
fn what_is_not_there_ends_with_two_and_its_name_and_the_rest_is_read() {
    let (code, said) = with("a.yaml", PORT.as_bytes(), &["missing.yaml", "a.yaml"]);
    assert!(
        code == Some(2) && said.contains("cannot read missing.yaml") && said.contains("a.yaml:6:11"),
        "{code:?} {said}"
    );
}

#[test]
fn nothing_is_said_of_findings_where_nothing_could_be_read() {
    let (code, said) = with("a.yaml", PORT.as_bytes(), &["missing.yaml"]);
    assert!(code == Some(2) && said.starts_with("mesh-lint: cannot read missing.yaml"), "{code:?} {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// Kustomizations that cannot be built, each beside a Service with a mistake of its own.
fn unbuildable(files: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("beside.yaml"), PORT).expect("written");
    for (name, text) in files {
        let path = folder.path().join("shop").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let (code, said) = run(folder.path(), &["shop", "beside.yaml"], b"");
    assert!(said.contains("beside.yaml:6:11"), "{said}");
    (code, said)
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{name: http, port: 80}]}\n";

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn broken_yaml_in_a_kustomization_is_a_finding_at_its_line() {
    let names = "resources: [a.yaml]\npatches: [{path: patch.yaml}]\n";
    let inline = "resources: [a.yaml]\npatches:\n- patch: |-\n    metadata: {name: a\n    spec: 1\n";
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[("kustomization.yaml", "resources: [\n")], "shop/kustomization.yaml:2:1"),
        (&[("kustomization.yaml", names), ("a.yaml", "a: [\n"), ("patch.yaml", SERVICE)], "shop/a.yaml:2:1"),
        (&[("kustomization.yaml", names), ("a.yaml", SERVICE), ("patch.yaml", "- a: [\n")], "shop/patch.yaml:2:1"),
        (&[("kustomization.yaml", inline), ("a.yaml", SERVICE)], "shop/kustomization.yaml:5:9"),
        (
            &[("kustomization.yaml", "resources: [in]\n"), ("in/kustomization.yaml", "namespace: 'a\n")],
            "shop/in/kustomization.yaml:1:12",
        ),
    ];
    for (files, place) in cases {
        let (code, said) = unbuildable(files);
        assert!(
            code == Some(1) && said.contains("[input-yaml-broken]") && said.contains(place),
            "{place}: {code:?} {said}"
        );
    }
}

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn what_else_keeps_a_kustomization_from_being_built_ends_with_two_and_its_file() {
    let idle =
        "resources: [a.yaml]\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: b}\n";
    let outer = ("kustomization.yaml", "resources: [in]\n");
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("kustomization.yaml", "resources:\n- gone.yaml\n")], "shop/kustomization.yaml:2:3, where shop/gone.yaml"),
        (&[("kustomization.yaml", idle), ("a.yaml", SERVICE)], "shop/kustomization.yaml:4:5, a patch for"),
        (&[outer, ("in/kustomization.yaml", "resources: [gone.yaml]\n")], "shop/in/kustomization.yaml:1:13, where"),
        (&[outer, ("in/kustomization.yaml", "nobody: 1\n")], "because of shop/in/kustomization.yaml: "),
    ];
    for (files, place) in cases {
        let (code, said) = unbuildable(files);
        assert!(code == Some(2) && said.contains("cannot build shop because of"), "{place}: {code:?} {said}");
        assert!(said.contains(place), "{place}: {said}");
    }
}

#[test]
fn a_kustomization_is_read_plain_where_nobody_builds_it_and_that_is_said() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("kustomization.yaml"), "resources: [a.yaml]\n").expect("written");
    std::fs::write(folder.path().join("a.yaml"), PORT).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-lint"));
    let Output { status, stdout, stderr } =
        command.arg(".").current_dir(&folder).env("PATH", folder.path()).output().expect("runs");
    let (found, said) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.code() == Some(1) && found.contains("a.yaml:6:11"), "{found}");
    assert!(said.contains("neither kubectl nor kustomize is there"), "{said}");
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

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let (code, said) = with("a.yaml", PORT.as_bytes(), &["a.yaml", "./a.yaml", "."]);
    assert!(code == Some(1) && said.matches("a.yaml:6:11").count() == 1, "{said}");
}

#[test]
fn files_and_standard_input_are_looked_at_together() {
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec:\n  parentRefs: \
                 [{group: \"\", kind: Service, name: a, port: 80}]\n  rules: [{backendRefs: [{name: a, port: 81}]}]\n";
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("a.yaml"), PORT).expect("written");
    let (_, said) = run(folder.path(), &["a.yaml", "-"], route.as_bytes());
    assert!(said.contains("[kubernetes-route-backend-port]") && said.contains("stdin:6:"), "{said}");
}

#[test]
fn a_misspelt_rule_is_answered_with_the_one_that_was_meant() {
    for (id, meant) in [("istio-catch-al", "istio-catch-all"), ("host-missing", "istio-host-missing")] {
        let (code, said) = with("a.yaml", b"", &["--explain", id]);
        assert!(code == Some(2) && said.contains(&format!("is {meant} meant?")), "{code:?} {said}");
    }
    let (code, said) = with("a.yaml", b"", &["--explain", "nothing-like-it"]);
    assert!(code == Some(2) && said.contains("no rule nothing-like-it") && !said.contains("meant"), "{code:?} {said}");
}

#[test]
fn what_the_command_line_does_not_know_ends_with_two_and_the_choices() {
    for (arguments, choices) in [
        (["--mesh", "consul", "."].as_slice(), "istio, linkerd, auto"),
        (&["--format", "xml", "."], "text, json, sarif"),
        (&[], "<PATHS>"),
    ] {
        let (code, said) = with("a.yaml", b"", arguments);
        assert!(code == Some(2) && said.contains(choices), "{code:?} {said}");
    }
}

#[test]
fn a_reader_that_goes_early_is_no_mistake_and_changes_no_status() {
    let folder = TempDir::new().expect("a folder");
    let many = format!("{PORT}---\r\n").repeat(2_000);
    std::fs::write(folder.path().join("a.yaml"), many).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-lint"));
    command.arg("a.yaml").current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    child.stdout.take().expect("piped").read_exact(&mut [0; 10]).expect("says something");
    let Output { status, stderr, .. } = child.wait_with_output().expect("ends");
    assert!(status.code() == Some(1) && stderr.is_empty(), "{status} {}", String::from_utf8_lossy(&stderr));
}

#[test]
fn notes_that_nobody_listens_to_are_no_mistake() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-lint"));
    command.arg("-").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    drop(child.stderr.take());
    drop(child.stdin.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[test]
#[cfg_attr(not(kustomize), ignore = "neither kubectl nor kustomize is there")]
fn a_suppression_counts_on_what_a_kustomization_makes() {
    let kustomization = |reason: &str| {
        format!("resources: [a.yaml]\ncommonAnnotations:\n  mesh-lint/kubernetes-port-protocol: {reason}\n")
    };
    for (reason, wanted) in [("ours alone", 0), ("''", 1)] {
        let folder = TempDir::new().expect("a folder");
        std::fs::write(folder.path().join("a.yaml"), PORT).expect("written");
        std::fs::write(folder.path().join("kustomization.yaml"), kustomization(reason)).expect("written");
        let (code, said) = run(folder.path(), &["."], b"");
        assert_eq!(code, Some(wanted), "{said}");
        let unexplained = said.contains("[input-suppression-unexplained]") && said.contains("kustomization.yaml:3:3");
        assert_eq!(unexplained, wanted == 1, "{said}");
    }
}

#[test]
fn json_of_a_folder_is_read_where_it_holds_an_object() {
    let folder = TempDir::new().expect("a folder");
    let service =
        "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Service\",\n\t\"spec\": {\"ports\": [{\"port\": 80}]}\n}\n";
    for (name, text) in [("a.json", service), ("settings.json", "{\n  // none of ours\n  \"a\": [\n}\n")] {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let (code, said) = run(folder.path(), &["."], b"");
    assert!(code == Some(1) && said.contains("a.json:4:30") && !said.contains("settings.json"), "{said}");
}
