//! Which id is next.

use sqlx::AnyConnection;

/// Takes the next id from the counter `name` of the table `counters (name, last_id)`.
///
/// In the transaction that uses the id: the counter's row stays locked until that ends, so ids have no gaps and become
/// visible in their sequence, and a reader who continues after id 7 cannot miss a 6 that commits later.
///
/// # Errors
/// When the database refuses, or has no such counter.
pub async fn next_id(connection: &mut AnyConnection, name: &str) -> sqlx::Result<i64> {
    let sql = "UPDATE counters SET last_id = last_id + 1 WHERE name = $1 RETURNING last_id";
    sqlx::query_scalar(sql).bind(name).fetch_one(connection).await
}
