//! A user and their orders in one answer, put together from both services.

use contracts::{Order, Page, User, UserOverview};
use mesh_ready::Upstream;
use rustapi_rs::{Json, Path, State};
use serde::de::DeserializeOwned;

use crate::routes::Upstreams;
use crate::upstream_answer::Failure;

/// As many orders as the overview shows.
const ORDERS: usize = 20;

/// A user with their orders.
///
/// Both services are asked at the same time. Without the user there is no overview; without order-service there
/// is one that says so.
#[rustapi_rs::get("/api/users/{id}/overview")]
#[rustapi_rs::summary("A user with their orders")]
#[rustapi_rs::tag("api-gateway")]
#[rustapi_rs::errors(404 = "There is no such user")]
pub async fn overview(State(upstreams): State<Upstreams>, Path(id): Path<i64>) -> Result<Json<UserOverview>, Failure> {
    // The orders cannot fail, so this ends early only when there is no user to show.
    let (user, orders) =
        tokio::try_join!(user(&upstreams.users, id), async { Ok(orders(&upstreams.orders, id).await) })?;
    let degraded = if orders.is_some() { Vec::new() } else { vec![upstreams.orders.name().to_owned()] };
    Ok(Json(UserOverview { user, orders, degraded }))
}

async fn user(users: &Upstream, id: i64) -> Result<User, Failure> {
    get(users, "/users/{id}", &format!("/users/{id}")).await
}

async fn orders(orders: &Upstream, user_id: i64) -> Option<Vec<Order>> {
    let target = format!("/orders?user_id={user_id}&limit={ORDERS}");
    let page: Result<Page<Order>, Failure> = get(orders, "/orders", &target).await;
    if page.is_err() {
        metrics::counter!("gateway_degraded_total", "upstream" => orders.name()).increment(1);
    }
    page.ok().map(|page| page.items)
}

async fn get<T: DeserializeOwned>(upstream: &Upstream, route: &'static str, target: &str) -> Result<T, Failure> {
    upstream.get_json(route, target).await.map_err(|error| Failure::without_answer(upstream.name(), error))
}
