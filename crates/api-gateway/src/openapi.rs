//! One document for everything that callers see: the services' own documents as they look through the gateway,
//! and the gateway's routes.

use serde_json::{Map, Value, json};

use crate::proxy::PREFIX;

/// What a service documents is not what the gateway can show.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A snapshot is no JSON.
    #[error("the OpenAPI document of {service} is no JSON")]
    NotJson {
        /// Whose document.
        service: &'static str,
        /// Where it ends to be JSON.
        source: serde_json::Error,
    },
    /// Two documents use one component name for different things.
    #[error("the OpenAPI document of {service} has another component {name} than the documents before it")]
    Conflict {
        /// Whose document.
        service: &'static str,
        /// The component's name.
        name: String,
    },
}

/// A JSON object, as this file handles everything.
type Object = Map<String, Value>;

/// Adds to `own`, the document of the gateway's RustAPI routes, all that is proxied.
///
/// # Errors
/// The services' documents contradict each other or `own`.
pub fn document(own: Value) -> Result<Value, DocumentError> {
    let mut document = own;
    document["info"]["description"] = json!(DESCRIPTION);
    document["components"]["securitySchemes"]["bearerAuth"] = bearer_auth();
    for operation in operations(&mut document["paths"]) {
        add_gateway_errors(operation, false);
    }
    merge(&mut document, "user-service", contracts::openapi::USER_SERVICE)?;
    merge(&mut document, "order-service", contracts::openapi::ORDER_SERVICE)?;
    document["paths"]["/"] = index_page();
    document["paths"]["/openapi.json"] = this_document();
    Ok(document)
}

const DESCRIPTION: &str = "Reads are open. Writes need a bearer token. All answers under /api tell the caller's \
                           budget in ratelimit-limit, ratelimit-remaining and ratelimit-reset; errors have one shape.";

fn merge(document: &mut Value, service: &'static str, text: &str) -> Result<(), DocumentError> {
    let theirs: Value = serde_json::from_str(text).map_err(|source| DocumentError::NotJson { service, source })?;
    for (path, item) in entries(&theirs["paths"]) {
        let mut item = item.clone();
        adapt(&mut item, service);
        document["paths"][format!("{PREFIX}{path}")] = item;
    }
    for (name, schema) in entries(&theirs["components"]["schemas"]) {
        let ours = &mut document["components"]["schemas"][name];
        if !ours.is_null() && ours != schema {
            return Err(DocumentError::Conflict { service, name: name.clone() });
        }
        *ours = schema.clone();
    }
    Ok(())
}

/// How a service's operations look from outside.
fn adapt(item: &mut Value, service: &str) {
    let methods = item.as_object_mut().into_iter().flatten();
    for (method, operation) in methods {
        let Some(operation) = operation.as_object_mut() else { continue };
        operation.insert("tags".to_owned(), json!([service]));
        envelop_successes(operation, service);
        let write = method != "get";
        if write {
            operation.insert("security".to_owned(), json!([{ "bearerAuth": [] }]));
        }
        add_gateway_errors(operation, write);
    }
}

fn envelop_successes(operation: &mut Object, service: &str) {
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
        if let Some(schema) = response.pointer_mut("/content/application~1json/schema") {
            *schema = envelope(service, schema.take());
        }
    }
}

fn envelope(service: &str, data: Value) -> Value {
    json!({
        "type": "object",
        "required": ["service", "data"],
        "properties": { "service": { "type": "string", "const": service }, "data": data },
    })
}

fn add_gateway_errors(operation: &mut Object, write: bool) {
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if write {
        responses["401"] = problem("The token is missing or not good; www-authenticate and the message say why");
    }
    responses["429"] = problem("Too many requests; retry-after says in how many seconds to come back");
    responses["502"] = problem("A service gave no usable answer");
    responses["503"] = problem("A service is not available at the moment");
    responses["504"] = problem("A service did not answer in time");
}

fn problem(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/ErrorSchema" });
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

fn bearer_auth() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Signed with EdDSA, ES256 or RS256 by a key of JWKS_FILE; exp, iss, aud and sub are required.",
    })
}

fn index_page() -> Value {
    let json = json!({ "schema": { "type": "object" } });
    let html = json!({ "schema": { "type": "string" } });
    let answer = json!({ "description": "Where to go", "content": { "application/json": json, "text/html": html } });
    page("get_index", "Links for programs, a live page for browsers", answer)
}

fn this_document() -> Value {
    let json = json!({ "schema": { "type": "object" } });
    let answer = json!({ "description": "OpenAPI 3.1", "content": { "application/json": json } });
    page("get_openapi", "This document", answer)
}

fn page(id: &str, summary: &str, answer: Value) -> Value {
    let tags = [crate::WORKLOAD.name];
    json!({ "get": { "operationId": id, "summary": summary, "tags": tags, "responses": { "200": answer } } })
}

fn operations(paths: &mut Value) -> impl Iterator<Item = &mut Object> {
    let items = paths.as_object_mut().into_iter().flatten();
    items
        .flat_map(|(_, item)| item.as_object_mut().into_iter().flatten())
        .filter_map(|(_, operation)| operation.as_object_mut())
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::routes::{PROXIED, own_document};

    fn merged() -> Value {
        document(own_document()).expect("documents that agree")
    }

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn what_is_served_under_the_api_is_documented_and_the_other_way_round() {
        let document = merged();
        let documented: BTreeSet<_> = entries(&document["paths"])
            .filter(|(path, _)| path.starts_with(PREFIX))
            .flat_map(|(path, item)| entries(item).map(move |(method, _)| (method.to_uppercase(), path.clone())))
            .collect();
        let own = ("GET".to_owned(), "/api/users/{id}/overview".to_owned());
        let served: BTreeSet<_> =
            PROXIED.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).chain([own]).collect();
        assert_eq!(documented, served);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = merged();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("a reference into the document");
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn operation_ids_are_unique() {
        let document = merged();
        let mut seen = BTreeMap::new();
        for (path, item) in entries(&document["paths"]) {
            for (method, operation) in entries(item) {
                let id = operation["operationId"].as_str().expect("an id").to_owned();
                assert_eq!(seen.insert(id, ()), None, "{method} {path}");
            }
        }
    }

    #[test]
    fn writes_need_a_token_and_good_answers_are_in_the_envelope() {
        let created = json!({ "content": { "application/json": { "schema": { "type": "integer" } } } });
        let theirs = json!({ "paths": { "/users": {
            "get": { "responses": { "200": {} } },
            "post": { "responses": { "201": created } },
        } } });
        let mut document = json!({});
        merge(&mut document, "user-service", &theirs.to_string()).expect("a document");
        let write = &document["paths"]["/api/users"]["post"];
        assert_eq!(write["security"], json!([{ "bearerAuth": [] }]));
        assert!(write["responses"]["401"].is_object());
        let created = &write["responses"]["201"]["content"]["application/json"]["schema"];
        assert_eq!(*created, envelope("user-service", json!({ "type": "integer" })));
        let read = &document["paths"]["/api/users"]["get"];
        assert!(read["security"].is_null());
        assert!(read["responses"]["401"].is_null());
        for status in ["429", "502", "503", "504"] {
            assert!(read["responses"][status].is_object(), "{status}");
        }
    }

    #[test]
    fn a_component_with_two_meanings_is_refused() {
        let mut own = json!({ "components": { "schemas": { "User": { "type": "string" } } } });
        let theirs = r#"{"components":{"schemas":{"User":{"type":"object"}}}}"#;
        let error = merge(&mut own, "user-service", theirs).expect_err("a conflict");
        assert!(error.to_string().contains("User"), "{error}");
    }
}
