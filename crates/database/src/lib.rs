//! A SQLite file or a PostgreSQL server behind one pool that survives outages.
//!
//! One SQL text serves both databases through sqlx's `Any` driver. That holds as long as the text keeps to these rules:
//!
//! - Columns are BIGINT, TEXT or DOUBLE: flags are 0 and 1, times are milliseconds since 1970, JSON is TEXT. `Any` cannot
//!   read BOOLEAN from SQLite, nor TIMESTAMPTZ, JSONB or UUID from PostgreSQL.
//! - Parameters are `$1`, `$2`; sums are `CAST(... AS BIGINT)`; ids are made by the application.
//! - A violated constraint is known by its kind ([`Error::Conflict`]), never by its name: SQLite gives none.
//!
//! Only two things differ between the databases, and both are in here: pragmas, and how a transaction that writes
//! begins ([`Database::begin_write`]).
//!
//! | question | file |
//! |---|---|
//! | Which database, and how patient? | `args` |
//! | What went wrong, and what does the caller hear? | `error` |
//! | How is a connection made? | `connect` |
//! | Which id is next? | `counter` |
//! | Is the database there, with our tables in it? | `watch` |

mod args;
mod connect;
mod counter;
mod error;
mod watch;

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mesh_ready::{Check, trace::database_span};
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard, watch as channel};
use tracing::Instrument;

pub use args::{Args, DatabaseUrl};
pub use connect::System;
pub use counter::next_id;
pub use error::Error;

/// A pool of connections to a database that may come and go. Clones share it.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    system: System,
    patience: Duration,
    prepared: channel::Receiver<bool>,
    turn: Arc<Mutex<()>>,
    _watcher: Arc<watch::Watcher>,
}

/// What a service expects to find in its database, and puts there if need be.
pub struct Schema {
    /// The service's name; without `DATABASE_URL` its data is in `data/<service>.db`.
    pub service: &'static str,
    /// The tables. An older release starts on the tables of a newer one, so that both run side by side.
    pub migrations: Migrator,
    /// SQL that fills a database in which no migration has ever run.
    pub seed: &'static str,
}

/// A transaction that may write. Dropped without [`commit`](Self::commit), it leaves no trace.
pub struct WriteTransaction {
    // Before `_turn`, so that it is dropped first: the next writer begins after this one's end.
    inner: Transaction<'static, Any>,
    _turn: Option<OwnedMutexGuard<()>>,
}

/// The time as databases hold it: milliseconds since 1970.
pub fn now() -> i64 {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

impl Database {
    /// Opens nothing yet: a task of its own connects, migrates, seeds, and from then on looks after the database.
    ///
    /// `check` is up while the database answers. Until the tables are there, every [`run`](Self::run) is
    /// [`Error::Unavailable`]. Needs a tokio runtime. The task ends with the last clone.
    pub fn open(args: &Args, schema: Schema, check: Check) -> Self {
        sqlx::any::install_default_drivers();
        let url = args.database_url.clone().unwrap_or_else(|| DatabaseUrl::file_of(schema.service));
        let system = url.system();
        let pool = connect::pool(&url, args);
        let (prepared, is_prepared) = channel::channel(false);
        let patience = args.patience();
        let watcher =
            watch::Watcher::start(watch::Watched { url, pool: pool.clone(), patience, schema, check, prepared });
        Self { pool, system, patience, prepared: is_prepared, turn: Arc::default(), _watcher: Arc::new(watcher) }
    }

    /// Runs `work`, one operation of a store: in a database span, and within `DATABASE_ACQUIRE_TIMEOUT_MS`.
    ///
    /// The limit covers the whole operation, so that a database which hangs in the middle of a query is answered as soon
    /// as one that cannot be reached.
    ///
    /// # Errors
    /// What `work` returns; [`Error::Unavailable`] before the tables are there and after the time is up.
    pub async fn run<T, E: From<Error>>(
        &self,
        operation: &'static str,
        collection: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if !*self.prepared.borrow() {
            return Err(Error::NotPrepared.into());
        }
        let work = work.instrument(database_span(self.system.as_str(), operation, collection));
        match tokio::time::timeout(self.patience, work).await {
            Ok(result) => result,
            Err(_) => Err(Error::TimedOut(self.patience).into()),
        }
    }

    /// For queries that only read.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that may write.
    ///
    /// SQLite has one writer at a time and fails a transaction that wants to become one too late, so it says so at the
    /// beginning. Writers of this process queue here, in order, because SQLite itself would let them poll.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without a connection.
    pub async fn begin_write(&self) -> Result<WriteTransaction, Error> {
        let turn = match self.system {
            System::Sqlite => Some(Arc::clone(&self.turn).lock_owned().await),
            System::Postgres => None,
        };
        let inner = match self.system {
            System::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            System::Postgres => self.pool.begin().await?,
        };
        Ok(WriteTransaction { inner, _turn: turn })
    }

    /// Waits until the tables are there.
    pub async fn prepared(&self) {
        let mut prepared = self.prepared.clone();
        // The sender is gone only when the runtime ends, and then nobody waits any more.
        let _ = prepared.wait_for(|&prepared| prepared).await;
    }
}

impl WriteTransaction {
    /// Makes the writes last.
    ///
    /// # Errors
    /// When the database does not confirm; the writes may or may not have happened then.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.inner.commit().await?)
    }
}

impl Deref for WriteTransaction {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for WriteTransaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}
