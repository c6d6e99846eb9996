//! What the service answers over HTTP.

use contracts::{NewUser, Page, User, UserPatch, page};
use rustapi_axum::Host;
use rustapi_rs::{ApiError, Created, Json, NoContent, Path, Query, Schema, State, ValidatedJson};
use serde::Deserialize;

use crate::store::{Error, Store};

/// The routes, on a store.
pub fn host(store: Store) -> Host {
    Host::new("user-service", env!("CARGO_PKG_VERSION"))
        .state(store)
        .mount(list_users_route())
        .mount(create_user_route())
        .mount(get_user_route())
        .mount(replace_user_route())
        .mount(change_user_route())
        .mount(delete_user_route())
}

#[derive(Deserialize, Schema)]
struct UsersQuery {
    limit: Option<i64>,
    after: Option<i64>,
}

#[rustapi_rs::get("/users")]
#[rustapi_rs::tag("users")]
#[rustapi_rs::summary("Lists users in order of id; pass `next` as `after` for the next page")]
async fn list_users(State(store): State<Store>, Query(query): Query<UsersQuery>) -> Result<Json<Page<User>>, ApiError> {
    let limit = page::limit(query.limit)?;
    Ok(Json(store.list(limit, query.after.unwrap_or(0)).await?))
}

#[rustapi_rs::get("/users/{id}")]
#[rustapi_rs::tag("users")]
#[rustapi_rs::summary("Shows a user")]
#[rustapi_rs::errors(404 = "No user has this id")]
async fn get_user(State(store): State<Store>, Path(id): Path<i64>) -> Result<Json<User>, ApiError> {
    Ok(Json(store.get(id).await?))
}

#[rustapi_rs::post("/users")]
#[rustapi_rs::tag("users")]
#[rustapi_rs::summary("Creates a user")]
#[rustapi_rs::errors(409 = "Another user has this email")]
async fn create_user(
    State(store): State<Store>,
    ValidatedJson(user): ValidatedJson<NewUser>,
) -> Result<Created<User>, ApiError> {
    Ok(Created(store.create(&user).await?))
}

#[rustapi_rs::put("/users/{id}")]
#[rustapi_rs::tag("users")]
#[rustapi_rs::summary("Replaces all of a user but the id")]
#[rustapi_rs::errors(404 = "No user has this id", 409 = "Another user has this email")]
async fn replace_user(
    State(store): State<Store>,
    Path(id): Path<i64>,
    ValidatedJson(user): ValidatedJson<NewUser>,
) -> Result<Json<User>, ApiError> {
    let whole = UserPatch { name: Some(user.name), email: Some(user.email) };
    Ok(Json(store.change(id, &whole).await?))
}

#[rustapi_rs::patch("/users/{id}")]
#[rustapi_rs::tag("users")]
#[rustapi_rs::summary("Changes a part of a user")]
#[rustapi_rs::errors(404 = "No user has this id", 409 = "Another user has this email")]
async fn change_user(
    State(store): State<Store>,
    Path(id): Path<i64>,
    ValidatedJson(patch): ValidatedJson<UserPatch>,
) -> Result<Json<User>, ApiError> {
    Ok(Json(store.change(id, &patch).await?))
}

#[rustapi_rs::delete("/users/{id}")]
#[rustapi_rs::tag("users")]
#[rustapi_rs::summary("Deletes a user")]
#[rustapi_rs::errors(404 = "No user has this id")]
async fn delete_user(State(store): State<Store>, Path(id): Path<i64>) -> Result<NoContent, ApiError> {
    store.delete(id).await?;
    Ok(NoContent)
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Missing(id) => Self::not_found(format!("No user has id {id}")),
            Error::EmailTaken => Self::conflict("Another user has this email"),
            Error::Database(error) => error.into(),
        }
    }
}
