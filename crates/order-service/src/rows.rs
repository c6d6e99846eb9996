//! How an order is written down, in SQL that SQLite and PostgreSQL both understand.

use contracts::{Money, NewOrder, Order, OrderLine, OrderStatus, time};
use sqlx::{AnyConnection, AnyPool};

use crate::release::Release;
use crate::steps::Step;
use crate::store::Error;

/// An order as it is in the table.
#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    id: i64,
    user_id: i64,
    status: String,
    lines: String,
    total_minor: i64,
    currency: String,
    created_at: i64,
    updated_at: i64,
    delivery_estimate: Option<String>,
}

impl Row {
    /// The order as `release` shows it.
    pub(crate) fn shown_by(self, release: Release) -> Result<Order, Error> {
        Ok(Order {
            id: self.id,
            user_id: self.user_id,
            status: status_named(&self.status).ok_or(Error::Unreadable(self.id))?,
            lines: serde_json::from_str(&self.lines).map_err(|_| Error::Unreadable(self.id))?,
            total: Money { amount_minor: self.total_minor, currency: self.currency },
            created_at: time::rfc3339(self.created_at),
            updated_at: time::rfc3339(self.updated_at),
            version: release.as_str().to_owned(),
            delivery_estimate: release.shown_estimate(self.delivery_estimate, self.created_at),
        })
    }
}

/// At most `limit` orders above the id `after`, of one buyer or of all.
pub(crate) async fn list(pool: &AnyPool, user_id: Option<i64>, after: i64, limit: i64) -> Result<Vec<Row>, Error> {
    let query = match user_id {
        Some(user_id) => sqlx::query_as(LIST_OF).bind(after).bind(limit).bind(user_id),
        None => sqlx::query_as(LIST).bind(after).bind(limit),
    };
    Ok(query.fetch_all(pool).await?)
}

pub(crate) async fn get(pool: &AnyPool, id: i64) -> Result<Option<Row>, Error> {
    Ok(sqlx::query_as(GET).bind(id).fetch_optional(pool).await?)
}

/// A pending order with the next id.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    new: &NewOrder,
    total: &Money,
    release: Release,
) -> Result<Row, Error> {
    let lines = serde_json::to_string(&new.lines).expect("lines that were read from JSON can be written as JSON");
    let (id, now) = (database::next_id(connection, "orders").await?, database::now());
    let query = sqlx::query_as(INSERT).bind(id).bind(new.user_id).bind(OrderStatus::Pending.as_str());
    let query = query.bind(lines).bind(total.amount_minor).bind(&total.currency).bind(now);
    Ok(query.bind(release.estimate(now)).fetch_one(connection).await?)
}

/// Reads, decides, and writes only if nobody else moved the order meanwhile; otherwise it decides again. That ends, because
/// no order ever comes back to where it was.
pub(crate) async fn advance(connection: &mut AnyConnection, id: i64, step: Step) -> Result<Row, Error> {
    loop {
        let status: Option<String> = sqlx::query_scalar(STATUS).bind(id).fetch_optional(&mut *connection).await?;
        let status = status.ok_or(Error::Missing(id))?;
        let next = step.from(status_named(&status).ok_or(Error::Unreadable(id))?)?;
        let query = sqlx::query_as(ADVANCE).bind(id).bind(status).bind(next.as_str()).bind(database::now());
        if let Some(row) = query.fetch_optional(&mut *connection).await? {
            return Ok(row);
        }
    }
}

/// The sum over lines that are known to be sound and in one currency.
pub(crate) fn total(lines: &[OrderLine]) -> Result<Money, Error> {
    let line_total = |line: &OrderLine| line.quantity.checked_mul(line.unit_price.amount_minor);
    let sum = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line_total(line)?));
    let currency = lines.first().map(|line| line.unit_price.currency.clone()).unwrap_or_default();
    Ok(Money { amount_minor: sum.ok_or(Error::TotalTooLarge)?, currency })
}

fn status_named(name: &str) -> Option<OrderStatus> {
    OrderStatus::ALL.into_iter().find(|status| status.as_str() == name)
}

/// Every column by its name, so that this code does not notice what a later release adds.
macro_rules! columns {
    () => {
        "id, user_id, status, lines, total_minor, currency, created_at, updated_at, delivery_estimate"
    };
}

const LIST: &str = concat!("SELECT ", columns!(), " FROM orders WHERE id > $1 ORDER BY id LIMIT $2");
const LIST_OF: &str =
    concat!("SELECT ", columns!(), " FROM orders WHERE id > $1 AND user_id = $3 ORDER BY id LIMIT $2");
const GET: &str = concat!("SELECT ", columns!(), " FROM orders WHERE id = $1");
const STATUS: &str = "SELECT status FROM orders WHERE id = $1";
const INSERT: &str =
    concat!("INSERT INTO orders (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) RETURNING ", columns!());
const ADVANCE: &str =
    concat!("UPDATE orders SET status = $3, updated_at = $4 WHERE id = $1 AND status = $2 RETURNING ", columns!());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_the_exact_sum_or_an_error() {
        let line = |quantity, amount_minor| OrderLine {
            sku: "TEA".to_owned(),
            quantity,
            unit_price: Money { amount_minor, currency: "EUR".to_owned() },
        };
        let cases = [
            (vec![line(1, 0)], Some(0)),
            (vec![line(2, 1250), line(3, 1)], Some(2503)),
            (vec![line(1, i64::MAX)], Some(i64::MAX)),
            (vec![line(2, i64::MAX)], None),
            (vec![line(1, i64::MAX), line(1, 1)], None),
        ];
        for (lines, expected) in cases {
            assert_eq!(total(&lines).ok().map(|total| total.amount_minor), expected, "{lines:?}");
        }
    }
}
