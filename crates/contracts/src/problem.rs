//! The one shape of errors, for whoever reads answers.

use std::borrow::Cow;

use rustapi_openapi::schema::{RustApiSchema, SchemaCtx, SchemaRef};
use rustapi_rs::Schema;
use serde::{Deserialize, Serialize};

use crate::schema;

/// The body of every answer with status 400 or more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct Problem {
    /// What went wrong.
    pub error: ProblemDetail,
    /// Finds the answer again in the logs.
    pub error_id: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProblemDetail {
    /// A word for programs: `not_found`, `validation_error`, ...
    pub r#type: String,
    /// A sentence for people.
    pub message: String,
    /// What is wrong with the body, field by field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldProblem>>,
}

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct FieldProblem {
    /// The field, with its path: `lines[0].quantity`.
    pub field: String,
    /// A word for programs: `range`, `email`, ...
    pub code: String,
    /// What would be right.
    pub message: String,
}

/// By hand, because the derive would write `r#type`.
impl RustApiSchema for ProblemDetail {
    fn schema(ctx: &mut SchemaCtx) -> SchemaRef {
        schema::component::<Self>(ctx, |ctx| {
            let properties = vec![
                ("type", schema::of::<String>(ctx)),
                ("message", schema::of::<String>(ctx)),
                ("fields", schema::of::<Option<Vec<FieldProblem>>>(ctx)),
            ];
            schema::object(properties, &["type", "message"])
        })
    }

    fn name() -> Cow<'static, str> {
        "ProblemDetail".into()
    }
}
