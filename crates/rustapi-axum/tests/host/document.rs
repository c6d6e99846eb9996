//! The OpenAPI document.

use serde_json::{Value, json};

use crate::app::host;

fn document() -> Value {
    host().into_parts().1
}

/// `pointer` is a JSON pointer whose `/` inside a path is `~1`.
fn check(pointer: &str, expected: Value) {
    let document = document();
    let found = document.pointer(pointer).unwrap_or(&Value::Null);
    assert_eq!(*found, expected, "{pointer}");
}

fn statuses(pointer: &str) -> Vec<String> {
    let document = document();
    let responses =
        document.pointer(pointer).and_then(Value::as_object).unwrap_or_else(|| panic!("{pointer} is missing"));
    responses.keys().cloned().collect()
}

#[test]
fn it_says_what_it_is() {
    check("/openapi", json!("3.1.0"));
    check("/info", json!({ "title": "Notes", "version": "1.2.3" }));
}

#[test]
fn path_parameters_have_the_type_of_the_handler() {
    let integer = json!({ "type": "integer", "format": "int64" });
    let text = json!({ "type": "string" });
    for (pointer, name, schema) in [
        // The handler's variable is called `note_id`.
        ("/paths/~1notes~1{id}/get/parameters/0", "id", &integer),
        ("/paths/~1notes~1{id}/put/parameters/0", "id", &integer),
        ("/paths/~1names~1{name}/get/parameters/0", "name", &text),
        ("/paths/~1switches~1{on}/get/parameters/0", "on", &json!({ "type": "boolean" })),
        ("/paths/~1files~1{path}/get/parameters/0", "path", &text),
        ("/paths/~1pairs~1{left}~1{right}/get/parameters/0", "left", &text),
        ("/paths/~1pairs~1{left}~1{right}/get/parameters/1", "right", &integer),
        ("/paths/~1sheets~1{sheet}~1rows~1{row}~1{side}/get/parameters/0", "sheet", &text),
        (
            "/paths/~1sheets~1{sheet}~1rows~1{row}~1{side}/get/parameters/1",
            "row",
            &json!({ "type": "integer", "format": "uint16" }),
        ),
        (
            "/paths/~1sheets~1{sheet}~1rows~1{row}~1{side}/get/parameters/2",
            "side",
            &json!({ "type": "string", "enum": ["front", "back"] }),
        ),
    ] {
        check(pointer, json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    check("/paths/~1pairs~1{left}~1{right}/get/parameters/2", Value::Null);
}

#[test]
fn operations_are_named_and_carry_what_the_handler_says() {
    check("/paths/~1notes~1{id}/get/operationId", json!("get_notes_by_id"));
    check("/paths/~1notes/post/operationId", json!("post_notes"));
    check("/paths/~1notes~1{id}/get/tags", json!(["Notes"]));
    check("/paths/~1notes~1{id}/get/summary", json!("One note"));
    check("/paths/~1notes~1{id}/put/responses/409/description", json!("Someone else changed it"));
}

#[test]
fn operation_ids_are_unique() {
    let document = document();
    let operations =
        document["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object()).flatten();
    let mut ids: Vec<_> = operations.map(|(_, operation)| operation["operationId"].to_string()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}

#[test]
fn responses_are_those_that_are_sent() {
    for (pointer, expected) in [
        ("/paths/~1notes/get/responses", &["200", "400", "500"][..]),
        ("/paths/~1notes/post/responses", &["201", "400", "408", "413", "415", "422", "500"]),
        ("/paths/~1notes~1{id}/delete/responses", &["204", "400", "500"]),
        ("/paths/~1raw/put/responses", &["200", "400", "408", "413", "500"]),
        ("/paths/~1moved/get/responses", &["3XX", "500"]),
    ] {
        assert_eq!(statuses(pointer), expected, "{pointer}");
    }
}

#[test]
fn the_error_shape_is_the_one_that_is_sent() {
    let shape = "/components/schemas/ErrorSchema";
    check(&format!("{shape}/required"), json!(["error", "error_id"]));
    check(&format!("{shape}/properties/error_id/type"), json!("string"));
    check(&format!("{shape}/properties/request_id"), Value::Null);
    for name in ["ErrorBodySchema", "ValidationErrorBodySchema"] {
        check(&format!("/components/schemas/{name}/properties/type/type"), json!("string"));
        check(&format!("/components/schemas/{name}/properties/error_type"), Value::Null);
        check(&format!("/components/schemas/{name}/required/0"), json!("type"));
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leaves the document"));
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

#[test]
fn it_is_the_same_each_time() {
    assert_eq!(document().to_string(), document().to_string());
}
