//! Can a code host read the SARIF, and find each place that it names?

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{PORT, run};

/// The log that the program writes about some arguments and an input.
fn log(folder: &TempDir, arguments: &[&str], input: &[u8]) -> Value {
    let (code, said) = run(folder.path(), &[arguments, &["--quiet", "--format", "sarif"]].concat(), input);
    assert_eq!(code, Some(1), "{said}");
    serde_json::from_str(&said).expect("JSON")
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("a list")
}

/// File, line, first and last column of a result.
fn place(result: &Value) -> (&str, u64, u64, u64) {
    let place = &result["locations"][0]["physicalLocation"];
    let region = &place["region"];
    let number = |key: &str| region[key].as_u64().expect(key);
    let uri = place["artifactLocation"]["uri"].as_str().expect("a reference");
    (uri, number("startLine"), number("startColumn"), number("endColumn"))
}

#[test]
fn names_with_blanks_umlauts_and_signs_are_references() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("my shop")).expect("made");
    fs::write(folder.path().join("my shop/gr\u{f6}\u{df}e 100%#1.yaml"), PORT).expect("written");
    let log = log(&folder, &["."], b"");
    assert_eq!(place(&results(&log)[0]), ("my%20shop/gr%C3%B6%C3%9Fe%20100%25%231.yaml", 6, 11, 13));
}

#[test]
fn json_on_one_line_has_columns_in_characters() {
    let folder = TempDir::new().expect("a folder");
    let text = "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"\u{65e5}\u{f6}\"},\"spec\":{\"ports\":[{\"port\":80}]}}";
    fs::write(folder.path().join("a.json"), text).expect("written");
    let log = log(&folder, &["a.json"], b"");
    let column = text.chars().collect::<String>().split("80").next().expect("a part").chars().count() as u64 + 1;
    assert_eq!(place(&results(&log)[0]), ("a.json", 1, column, column + 2));
    assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
}

#[test]
fn standard_input_has_a_name_and_its_own_lines() {
    let folder = TempDir::new().expect("a folder");
    let log = log(&folder, &["-"], PORT.as_bytes());
    assert_eq!(place(&results(&log)[0]), ("stdin", 6, 11, 13));
}

/// What the schema of SARIF 2.1.0 requires, or allows only some values for, of all that is written here.
#[test]
fn the_log_has_what_the_schema_requires() {
    let folder = TempDir::new().expect("a folder");
    let log = log(&folder, &["-"], format!("{PORT}---\na: [\n").as_bytes());
    assert_eq!(log["version"], "2.1.0");
    let driver = &log["runs"][0]["tool"]["driver"];
    assert!(driver["name"].is_string());
    let rules = driver["rules"].as_array().expect("rules");
    let text = |node: &Value| node["text"].as_str().is_some_and(|it| !it.is_empty());
    for rule in rules {
        assert!(
            rule["id"].is_string() && ["shortDescription", "fullDescription", "help"].iter().all(|it| text(&rule[it]))
        );
        assert!(rule["helpUri"].is_null() || rule["helpUri"].as_str().is_some_and(|it| it.starts_with("https://")));
    }
    assert_eq!(results(&log).len(), 2);
    for result in results(&log) {
        assert!(text(&result["message"]) && matches!(result["level"].as_str(), Some("warning" | "error")));
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let (_, line, from, to) = place(result);
        assert!(line >= 1 && from >= 1 && to > from, "{result}");
    }
}
