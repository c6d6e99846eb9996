//! What the gateway answers besides what it passes on.

use std::borrow::Cow;

use rustapi_openapi::schema::{RustApiSchema, SchemaCtx, SchemaRef};
use rustapi_rs::Schema;
use serde::{Deserialize, Serialize};

use crate::{Order, User, schema};

/// An upstream's answer, with the name of the service that gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatewayResponse<T> {
    /// `user-service` or `order-service`.
    pub service: String,
    /// The upstream's body.
    pub data: T,
}

/// A user with their orders, put together from both services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct UserOverview {
    /// The user; without one there is no overview.
    pub user: User,
    /// Null when order-service could not answer.
    pub orders: Option<Vec<Order>>,
    /// The services that could not answer.
    pub degraded: Vec<String>,
}

impl<T: RustApiSchema> RustApiSchema for GatewayResponse<T> {
    fn schema(ctx: &mut SchemaCtx) -> SchemaRef {
        schema::component::<Self>(ctx, |ctx| {
            let properties = vec![("service", schema::of::<String>(ctx)), ("data", schema::of::<T>(ctx))];
            schema::object(properties, &["service", "data"])
        })
    }

    fn name() -> Cow<'static, str> {
        format!("GatewayResponse_{}", T::name()).into()
    }
}
