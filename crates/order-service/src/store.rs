//! Where the orders are kept.

use std::time::Duration;

use contracts::{Money, NewOrder, Order, OrderLine, OrderStatus, Page, time};
use database::{Database, Schema, WriteTransaction};
use mesh_ready::Check;
use sqlx::AnyConnection;

use crate::answer::Answer;
use crate::idempotency::{self, Claim, Request};
use crate::release::Release;
use crate::steps::{Refused, Step};
use crate::turns::{Turn, Turns};

/// The orders in the database, as one release sees them. Clones share it.
#[derive(Clone)]
pub struct Store {
    database: Database,
    release: Release,
    turns: Turns,
}

/// Why an operation on orders failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No order has this id.
    #[error("no order has id {0}")]
    Missing(i64),
    /// The order is not where the step begins.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The sum of the lines is more than an `i64` of minor units.
    #[error("the total is too large")]
    TotalTooLarge,
    /// The idempotency key was used for another request.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// A row holds what no release has written.
    #[error("order {0} cannot be read")]
    Unreadable(i64),
    /// The database is away or refuses.
    #[error(transparent)]
    Database(#[from] database::Error),
}

#[derive(sqlx::FromRow)]
struct Row {
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

impl Store {
    /// Opens the database in the background; `check` is up while it answers.
    pub fn open(args: &database::Args, release: Release, check: Check) -> Self {
        metrics::describe_counter!("orders_created_total", "Orders placed");
        metrics::describe_counter!("order_transitions_total", "Steps that orders took, by the status they led to");
        let migrations = sqlx::migrate!("./migrations");
        let schema = Schema { service: crate::WORKLOAD.name, migrations, seed: include_str!("../seed.sql") };
        Self { database: Database::open(args, schema, check), release, turns: Turns::default() }
    }

    /// The database, for whoever must wait for it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// At most `limit` orders with ids above `after`, in order of id; only those of `user_id`, if given.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list(&self, user_id: Option<i64>, limit: i64, after: i64) -> Result<Page<Order>, Error> {
        let rows = async {
            let pool = self.database.pool();
            Ok::<Vec<Row>, Error>(match user_id {
                Some(user_id) => {
                    sqlx::query_as(LIST_OF).bind(after).bind(limit + 1).bind(user_id).fetch_all(pool).await?
                }
                None => sqlx::query_as(LIST).bind(after).bind(limit + 1).fetch_all(pool).await?,
            })
        };
        let rows = self.database.run("SELECT", "orders", rows).await?;
        let orders = rows.into_iter().map(|row| self.show(row)).collect::<Result<_, _>>()?;
        Ok(Page::from_surplus(orders, limit, |order| order.id))
    }

    /// One order.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Database`].
    pub async fn get(&self, id: i64) -> Result<Order, Error> {
        let query = sqlx::query_as(GET).bind(id);
        let row = async { Ok::<_, Error>(query.fetch_optional(self.database.pool()).await?) };
        let row = self.database.run("SELECT", "orders", row).await?;
        self.show(row.ok_or(Error::Missing(id))?)
    }

    /// Waits for requests with the same key that are being answered now.
    pub(crate) async fn turn(&self, request: Option<&Request>) -> Option<Turn> {
        Some(self.turns.wait(request?.key()).await)
    }

    /// The answer that this request got before, if it did.
    ///
    /// # Errors
    /// [`Error::KeyReused`], [`Error::Database`].
    pub(crate) async fn replay<const S: u16>(&self, request: Option<&Request>) -> Result<Option<Answer<S>>, Error> {
        let Some(request) = request else { return Ok(None) };
        let found = self.database.run("SELECT", "idempotency_keys", request.find(self.database.pool())).await?;
        Ok(found.map(|body| Answer { body, replayed: true }))
    }

    /// A new order with the next id; its buyer is known to exist.
    ///
    /// # Errors
    /// [`Error::TotalTooLarge`], [`Error::KeyReused`], [`Error::Database`].
    pub(crate) async fn place(&self, new: &NewOrder, request: Option<&Request>) -> Result<Answer<201>, Error> {
        let total = total(&new.lines)?;
        let lines = serde_json::to_string(&new.lines).expect("lines that were read from JSON can be written as JSON");
        let placed = self.once("INSERT", request, async |transaction| {
            let (id, now) = (next_id(transaction).await?, database::now());
            let query = sqlx::query_as(INSERT).bind(id).bind(new.user_id).bind(OrderStatus::Pending.as_str());
            let query = query.bind(&lines).bind(total.amount_minor).bind(&total.currency).bind(now);
            Ok(query.bind(self.release.estimate(now)).fetch_one(&mut **transaction).await?)
        });
        let answer = placed.await?;
        if !answer.replayed {
            metrics::counter!("orders_created_total").increment(1);
        }
        Ok(answer)
    }

    /// Moves an order one step.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Refused`], [`Error::KeyReused`], [`Error::Database`].
    pub(crate) async fn advance(&self, id: i64, step: Step, request: Option<&Request>) -> Result<Answer<200>, Error> {
        let advanced = self.once("UPDATE", request, async |transaction| advance(transaction, id, step).await);
        let answer = advanced.await?;
        if !answer.replayed {
            metrics::counter!("order_transitions_total", "to" => step.target().as_str()).increment(1);
        }
        Ok(answer)
    }

    /// Forgets answers that are older than a day: at once, and then every hour, for ever.
    pub(crate) async fn forget_old_keys(self) {
        self.database.prepared().await;
        loop {
            match self.forget_keys_before(database::now() - idempotency::KEPT_MS).await {
                Ok(count) => tracing::debug!(count, "Forgot {count} idempotency keys"),
                Err(error) => tracing::warn!(%error, "Could not forget old idempotency keys, next attempt in an hour"),
            }
            tokio::time::sleep(Duration::from_secs(60 * 60)).await;
        }
    }

    /// Forgets answers from before `time`; returns how many.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn forget_keys_before(&self, time: i64) -> Result<u64, Error> {
        let all = async {
            let mut transaction = self.database.begin_write().await?;
            let count = idempotency::forget_before(&mut transaction, time).await?;
            transaction.commit().await?;
            Ok(count)
        };
        self.database.run("DELETE", "idempotency_keys", all).await
    }

    /// One transaction: claims the request's key, lets `effect` happen, keeps the answer. Without a request, only the effect.
    async fn once<const S: u16>(
        &self,
        operation: &'static str,
        request: Option<&Request>,
        effect: impl AsyncFnOnce(&mut WriteTransaction) -> Result<Row, Error>,
    ) -> Result<Answer<S>, Error> {
        let all = async {
            let mut transaction = self.database.begin_write().await?;
            if let Some(request) = request
                && let Claim::Answered(body) = request.claim(&mut transaction).await?
            {
                return Ok(Answer { body, replayed: true });
            }
            let order = self.show(effect(&mut transaction).await?)?;
            let body = serde_json::to_string(&order).expect("an order can be written as JSON");
            if let Some(request) = request {
                request.keep(&mut transaction, S, &body).await?;
            }
            transaction.commit().await?;
            Ok(Answer { body, replayed: false })
        };
        self.database.run(operation, "orders", all).await
    }

    /// The order in a row, as this release shows it.
    fn show(&self, row: Row) -> Result<Order, Error> {
        let status = OrderStatus::ALL.into_iter().find(|status| status.as_str() == row.status);
        Ok(Order {
            id: row.id,
            user_id: row.user_id,
            status: status.ok_or(Error::Unreadable(row.id))?,
            lines: serde_json::from_str(&row.lines).map_err(|_| Error::Unreadable(row.id))?,
            total: Money { amount_minor: row.total_minor, currency: row.currency },
            created_at: time::rfc3339(row.created_at),
            updated_at: time::rfc3339(row.updated_at),
            version: self.release.as_str().to_owned(),
            delivery_estimate: self.release.shown_estimate(row.delivery_estimate, row.created_at),
        })
    }
}

/// The sum over lines that are known to be sound and in one currency.
fn total(lines: &[OrderLine]) -> Result<Money, Error> {
    let line_total = |line: &OrderLine| line.quantity.checked_mul(line.unit_price.amount_minor);
    let sum = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line_total(line)?));
    let currency = lines.first().map(|line| line.unit_price.currency.clone()).unwrap_or_default();
    Ok(Money { amount_minor: sum.ok_or(Error::TotalTooLarge)?, currency })
}

/// The counter's row stays locked until the transaction ends; see the migration for what that is good for.
async fn next_id(connection: &mut AnyConnection) -> Result<i64, Error> {
    let sql = "UPDATE counters SET last_id = last_id + 1 WHERE name = 'orders' RETURNING last_id";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Reads, decides, and writes only if nobody else moved the order meanwhile; otherwise it decides again. That ends, because
/// no order ever comes back to where it was.
async fn advance(connection: &mut AnyConnection, id: i64, step: Step) -> Result<Row, Error> {
    loop {
        let status: Option<String> = sqlx::query_scalar(STATUS).bind(id).fetch_optional(&mut *connection).await?;
        let status = status.ok_or(Error::Missing(id))?;
        let known = OrderStatus::ALL.into_iter().find(|known| known.as_str() == status);
        let next = step.from(known.ok_or(Error::Unreadable(id))?)?;
        let query = sqlx::query_as(ADVANCE).bind(id).bind(status).bind(next.as_str()).bind(database::now());
        if let Some(row) = query.fetch_optional(&mut *connection).await? {
            return Ok(row);
        }
    }
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

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

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
