//! What the service answers over HTTP.

use contracts::{NewOrder, Order, Page, page};
use http::{Method, StatusCode};
use rustapi_axum::Host;
use rustapi_rs::{ApiError, FieldError, Json, Path, Query, Schema, State, ValidatedJson};
use serde::Deserialize;

use crate::answer::Answer;
use crate::buyers::Buyers;
use crate::idempotency::IdempotencyKey;
use crate::steps::Step;
use crate::store::{Error, Store};

/// The routes, on a store and a way to look up buyers.
pub fn host(store: Store, buyers: Buyers) -> Host {
    Host::new("order-service", env!("CARGO_PKG_VERSION"))
        .state(store)
        .state(buyers)
        .mount(list_orders_route())
        .mount(place_order_route())
        .mount(get_order_route())
        .mount(pay_order_route())
        .mount(ship_order_route())
        .mount(deliver_order_route())
        .mount(cancel_order_route())
}

#[derive(Deserialize, Schema)]
struct OrdersQuery {
    user_id: Option<i64>,
    limit: Option<i64>,
    after: Option<i64>,
}

#[rustapi_rs::get("/orders")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Lists orders in order of id; pass `next` as `after` for the next page")]
async fn list_orders(
    State(store): State<Store>,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<Page<Order>>, ApiError> {
    let limit = page::limit(query.limit)?;
    Ok(Json(store.list(query.user_id, limit, query.after.unwrap_or(0)).await?))
}

#[rustapi_rs::get("/orders/{id}")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Shows an order")]
#[rustapi_rs::errors(404 = "No order has this id")]
async fn get_order(State(store): State<Store>, Path(id): Path<i64>) -> Result<Json<Order>, ApiError> {
    Ok(Json(store.get(id).await?))
}

/// A repeated request is answered before the buyer is looked up: what was placed stays placed, whatever user-service says now.
#[rustapi_rs::post("/orders")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Places an order")]
#[rustapi_rs::errors(502 = "user-service failed", 503 = "user-service or the database cannot be reached", 504 = "user-service took too long")]
async fn place_order(
    State(store): State<Store>,
    State(buyers): State<Buyers>,
    key: IdempotencyKey,
    ValidatedJson(order): ValidatedJson<NewOrder>,
) -> Result<Answer<201>, ApiError> {
    let request = key.request(&Method::POST, "/orders", &order);
    let _turn = store.turn(request.as_ref()).await;
    if let Some(answer) = store.replay(request.as_ref()).await? {
        return Ok(answer);
    }
    buyers.require(order.user_id).await?;
    Ok(store.place(&order, request.as_ref()).await?)
}

#[rustapi_rs::post("/orders/{id}/pay")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Pays a pending order")]
#[rustapi_rs::errors(404 = "No order has this id", 409 = "The order is not pending", 422 = "The key belongs to another request")]
async fn pay_order(
    State(store): State<Store>,
    Path(id): Path<i64>,
    key: IdempotencyKey,
) -> Result<Answer<200>, ApiError> {
    advance(store, id, Step::Pay, key).await
}

#[rustapi_rs::post("/orders/{id}/ship")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Ships a paid order")]
#[rustapi_rs::errors(404 = "No order has this id", 409 = "The order is not paid", 422 = "The key belongs to another request")]
async fn ship_order(
    State(store): State<Store>,
    Path(id): Path<i64>,
    key: IdempotencyKey,
) -> Result<Answer<200>, ApiError> {
    advance(store, id, Step::Ship, key).await
}

#[rustapi_rs::post("/orders/{id}/deliver")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Delivers a shipped order")]
#[rustapi_rs::errors(404 = "No order has this id", 409 = "The order is not shipped", 422 = "The key belongs to another request")]
async fn deliver_order(
    State(store): State<Store>,
    Path(id): Path<i64>,
    key: IdempotencyKey,
) -> Result<Answer<200>, ApiError> {
    advance(store, id, Step::Deliver, key).await
}

#[rustapi_rs::post("/orders/{id}/cancel")]
#[rustapi_rs::tag("orders")]
#[rustapi_rs::summary("Cancels an order that was not shipped")]
#[rustapi_rs::errors(404 = "No order has this id", 409 = "The order was shipped or cancelled", 422 = "The key belongs to another request")]
async fn cancel_order(
    State(store): State<Store>,
    Path(id): Path<i64>,
    key: IdempotencyKey,
) -> Result<Answer<200>, ApiError> {
    advance(store, id, Step::Cancel, key).await
}

async fn advance(store: Store, id: i64, step: Step, key: IdempotencyKey) -> Result<Answer<200>, ApiError> {
    let request = key.request(&Method::POST, &format!("/orders/{id}/{}", step.as_str()), ());
    let _turn = store.turn(request.as_ref()).await;
    if let Some(answer) = store.replay(request.as_ref()).await? {
        return Ok(answer);
    }
    Ok(store.advance(id, step, request.as_ref()).await?)
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing(id) => Self::not_found(format!("No order has id {id}")),
            Error::Refused(refused) => Self::conflict(refused.to_string()),
            Error::TotalTooLarge => Self::validation(vec![FieldError {
                field: "lines".to_owned(),
                code: "total".to_owned(),
                message: format!("must sum up to at most {} minor units", i64::MAX),
            }]),
            Error::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This Idempotency-Key belongs to another request, use a new one",
            ),
            Error::Unreadable(_) => Self::internal("An internal error occurred").with_internal(error.to_string()),
            Error::Database(error) => error.into(),
        }
    }
}
