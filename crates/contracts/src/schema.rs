//! Building OpenAPI components for the types where `#[derive(Schema)]` falls short.
//!
//! The derive ignores `#[serde(rename)]` and leaves out the bounds that a generic type needs.

use rustapi_openapi::schema::{JsonSchema2020, RustApiSchema, SchemaCtx, SchemaRef};

/// Registers `T` under its name, once, and refers to it.
pub(crate) fn component<T: RustApiSchema>(
    ctx: &mut SchemaCtx,
    build: impl FnOnce(&mut SchemaCtx) -> JsonSchema2020,
) -> SchemaRef {
    let name = T::name().into_owned();
    if !ctx.components.contains_key(&name) {
        let schema = build(ctx);
        ctx.components.insert(name.clone(), schema);
    }
    SchemaRef::Ref { reference: format!("#/components/schemas/{name}") }
}

/// An object with these properties, of which the named ones are always there.
pub(crate) fn object(properties: Vec<(&str, JsonSchema2020)>, required: &[&str]) -> JsonSchema2020 {
    JsonSchema2020 {
        properties: Some(properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()),
        required: Some(required.iter().map(|&name| name.to_owned()).collect()),
        ..JsonSchema2020::object()
    }
}

/// The schema of a property of type `T`.
pub(crate) fn of<T: RustApiSchema>(ctx: &mut SchemaCtx) -> JsonSchema2020 {
    match T::schema(ctx) {
        SchemaRef::Schema(schema) => *schema,
        SchemaRef::Ref { reference } => JsonSchema2020 { reference: Some(reference), ..JsonSchema2020::new() },
        SchemaRef::Inline(_) => JsonSchema2020::new(),
    }
}
