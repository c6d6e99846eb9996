//! Puts the documents of single routes together into one, and mends what RustAPI documents wrongly.

use std::collections::{BTreeMap, BTreeSet};

use rustapi_openapi::schema::JsonSchema2020;
use rustapi_openapi::{Components, ErrorSchema, MediaType, OpenApiSpec, Operation, Parameter, ResponseSpec, SchemaRef};
use serde_json::{Value, json};

use crate::mount::{Kind, Mount, operation};
use crate::probe::path_parameter;

pub(crate) struct Document {
    spec: OpenApiSpec,
    operation_ids: BTreeSet<String>,
}

impl Document {
    pub(crate) fn new(title: &str, version: &str) -> Self {
        let mut spec = OpenApiSpec::new(title, version).register::<ErrorSchema>();
        mend_error_schemas(&mut components(&mut spec).schemas);
        Self { spec, operation_ids: BTreeSet::new() }
    }

    /// # Panics
    /// When a component of the route has the name of another one that differs. RustAPI promises this check but compares a
    /// component with itself.
    pub(crate) fn add(&mut self, mount: &Mount, documented: OpenApiSpec) {
        let mut operation = mended(mount, operation(&documented).cloned().unwrap_or_default());
        let mut schemas = documented.components.unwrap_or_default().schemas;
        mend_error_schemas(&mut schemas);
        for (name, schema) in schemas {
            let known = components(&mut self.spec).schemas.entry(name.clone()).or_insert_with(|| schema.clone());
            let (method, path) = (&mount.method, &mount.axum_path);
            assert!(
                *known == schema,
                "{method} {path}: another type with the OpenAPI component name `{name}` is in use"
            );
        }
        operation.operation_id = Some(self.unique(operation_id(mount)));
        let spec = std::mem::take(&mut self.spec);
        self.spec = spec.path(&mount.openapi_path(), mount.method.as_str(), operation);
    }

    /// `/a-b` and `/a.b` would have the same id, which OpenAPI forbids.
    fn unique(&mut self, mut id: String) -> String {
        while !self.operation_ids.insert(id.clone()) {
            id.push('_');
        }
        id
    }

    pub(crate) fn into_json(self) -> Value {
        self.spec.to_json()
    }
}

fn components(spec: &mut OpenApiSpec) -> &mut Components {
    spec.components.get_or_insert_with(Components::default)
}

fn mended(mount: &Mount, mut operation: Operation) -> Operation {
    operation.parameters = parameters(mount, operation.parameters);
    mend_successes(&mut operation.responses);
    add_errors(mount, &mut operation);
    operation
}

/// RustAPI gives no operation id, and a route does not know its handler's name: `GET /users/{id}` is `get_users_by_id`.
fn operation_id(mount: &Mount) -> String {
    let mut id = mount.method.as_str().to_ascii_lowercase();
    for piece in mount.openapi_path().split('/').filter(|piece| !piece.is_empty()) {
        id.push('_');
        match piece.strip_prefix('{') {
            Some(name) => id.extend(["by_", name.trim_end_matches('}')]),
            None => id.push_str(&piece.replace(['-', '.'], "_")),
        }
    }
    id
}

/// RustAPI documents a path parameter as text unless its name looks like a number, knows no catch-all, and appends path
/// parameters in any order. They come first here, in the order of the path.
fn parameters(mount: &Mount, documented: Vec<Parameter>) -> Vec<Parameter> {
    let (in_path, mut elsewhere): (Vec<_>, Vec<_>) =
        documented.into_iter().partition(|parameter| parameter.location == "path");
    let of_name = |name: &str| in_path.iter().find(|parameter| parameter.name == name);
    let described = mount.params.iter().enumerate().map(|(position, param)| {
        // `Params<(A, B)>` documents its parameters by position.
        let found = of_name(&position.to_string()).or_else(|| of_name(&param.name));
        let schema = match (param.kind, found) {
            (Some(kind), _) => Some(SchemaRef::Inline(schema(kind))),
            (None, found) => found.and_then(|parameter| parameter.schema.clone()),
        };
        let text = path_parameter(param.name.clone(), json!({ "type": "string" }));
        Parameter { schema: schema.or(text.schema.clone()), ..text }
    });
    let mut parameters: Vec<_> = described.collect();
    parameters.append(&mut elsewhere);
    parameters
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Integer => json!({ "type": "integer", "format": "int64" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
    }
}

/// RustAPI starts each operation with an empty 200, which stays beside a 201 or 204; and it writes `3xx`, which OpenAPI
/// spells `3XX`.
fn mend_successes(responses: &mut BTreeMap<String, ResponseSpec>) {
    if let Some(redirect) = responses.remove("3xx") {
        responses.insert("3XX".to_owned(), redirect);
    }
    let other_success = responses.keys().any(|status| status != "200" && status.starts_with(['2', '3']));
    let Some(ok) = responses.get_mut("200") else { return };
    if ok.description.is_empty() && other_success {
        responses.remove("200");
    } else if ok.description.is_empty() {
        ok.description = "Successful response".to_owned();
    }
}

/// What the host answers by itself. A description that the handler gave stays.
fn add_errors(mount: &Mount, operation: &mut Operation) {
    let mut errors = vec![("500", "Internal error; quote the error_id")];
    if !operation.parameters.is_empty() || operation.request_body.is_some() {
        errors.push(("400", "A parameter or the body is malformed"));
    }
    if operation.request_body.is_some() {
        errors.extend([("408", "The body took too long to arrive"), ("413", "The body is too large")]);
        if mount.json_only {
            errors.push(("415", "The body is not JSON"));
        }
    }
    for (status, description) in errors {
        operation.responses.entry(status.to_owned()).or_insert_with(|| error_response(description));
    }
}

fn error_response(description: &str) -> ResponseSpec {
    let reference = "#/components/schemas/ErrorSchema".to_owned();
    let media = MediaType { schema: Some(SchemaRef::Ref { reference }), example: None };
    ResponseSpec {
        description: description.to_owned(),
        content: BTreeMap::from([("application/json".to_owned(), media)]),
        ..ResponseSpec::default()
    }
}

/// RustAPI documents its error shape with a property `error_type`, which is `type` on the wire (its schema derive does not see
/// serde's renames), with a `request_id` that it never sends, and without the `error_id` that it always sends.
fn mend_error_schemas(schemas: &mut BTreeMap<String, JsonSchema2020>) {
    for name in ["ErrorSchema", "ValidationErrorSchema"] {
        let Some(schema) = schemas.get_mut(name) else { continue };
        let properties = schema.properties.get_or_insert_default();
        properties.remove("request_id");
        properties.insert("error_id".to_owned(), JsonSchema2020::string());
        schema.required = Some(vec!["error".to_owned(), "error_id".to_owned()]);
    }
    for name in ["ErrorBodySchema", "ValidationErrorBodySchema"] {
        let Some(schema) = schemas.get_mut(name) else { continue };
        let properties = schema.properties.get_or_insert_default();
        if let Some(error_type) = properties.remove("error_type") {
            properties.insert("type".to_owned(), error_type);
        }
        for required in schema.required.iter_mut().flatten().filter(|name| *name == "error_type") {
            *required = "type".to_owned();
        }
    }
}
