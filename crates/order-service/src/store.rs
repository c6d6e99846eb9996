//! Where the orders are kept.

use std::time::Duration;

use contracts::{NewOrder, Order, Page};
use database::{Database, Schema, WriteTransaction};
use mesh_ready::Check;

use crate::answer::Answer;
use crate::idempotency::{self, Claim, Request};
use crate::release::Release;
use crate::rows::{self, Row};
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
        let rows = rows::list(self.database.pool(), user_id, after, limit + 1);
        let rows = self.database.run("SELECT", "orders", rows).await?;
        let orders = rows.into_iter().map(|row| row.shown_by(self.release)).collect::<Result<_, _>>()?;
        Ok(Page::from_surplus(orders, limit, |order| order.id))
    }

    /// One order.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Database`].
    pub async fn get(&self, id: i64) -> Result<Order, Error> {
        let row = self.database.run("SELECT", "orders", rows::get(self.database.pool(), id)).await?;
        row.ok_or(Error::Missing(id))?.shown_by(self.release)
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
        let total = rows::total(&new.lines)?;
        let placed = self
            .once("INSERT", request, async |transaction| rows::insert(transaction, new, &total, self.release).await);
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
        let advanced = self.once("UPDATE", request, async |transaction| rows::advance(transaction, id, step).await);
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
            let order = effect(&mut transaction).await?.shown_by(self.release)?;
            let body = serde_json::to_string(&order).expect("an order can be written as JSON");
            if let Some(request) = request {
                request.keep(&mut transaction, &body).await?;
            }
            transaction.commit().await?;
            Ok(Answer { body, replayed: false })
        };
        self.database.run(operation, "orders", all).await
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}
