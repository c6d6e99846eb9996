//! Is the database there, with our tables in it? One task a process asks, and never gives up.

use std::convert::Infallible;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use mesh_ready::Check;
use sqlx::migrate::{Migrate, MigrateError};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, Transaction};
use tokio::sync::watch::Sender;
use tokio::task::JoinHandle;

use crate::{DatabaseUrl, Error, Schema, System};

/// Between two looks at the database, and between two attempts to reach it.
const PERIOD: Duration = Duration::from_millis(500);

/// Migrations may take longer than requests, but not for ever: another attempt is better than a server that hangs.
const PREPARATION_LIMIT: Duration = Duration::from_secs(30);

/// Any number that all processes of one service share, and no other lock in its database.
const POSTGRES_LOCK: i64 = 0x6d69_6772_6174_6521;

/// The running task; ends when this is dropped.
pub(crate) struct Watcher(JoinHandle<()>);

/// What the task needs.
pub(crate) struct Watched {
    pub(crate) url: DatabaseUrl,
    pub(crate) pool: AnyPool,
    pub(crate) patience: Duration,
    pub(crate) schema: Schema,
    pub(crate) check: Check,
    pub(crate) prepared: Sender<bool>,
}

impl Watcher {
    pub(crate) fn start(watched: Watched) -> Self {
        metrics::describe_gauge!("db_pool_connections", "Connections of the pool, by state: idle, used");
        metrics::describe_gauge!("db_pool_max_connections", "Connections that the pool may have");
        Self(tokio::spawn(watched.forever()))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why the database is of no use now.
enum Outage {
    Folder(std::io::Error),
    Connection(Error),
    Preparation(MigrateError),
    SlowPreparation,
    FileGone,
}

impl Watched {
    async fn forever(mut self) {
        self.schema.migrations.set_locking(false).set_ignore_missing(true);
        loop {
            let Err(outage) = self.until_outage().await;
            self.count_connections();
            if matches!(outage, Outage::FileGone) {
                // Connections go on writing into the file that nobody will find again.
                self.prepared.send_replace(false);
                self.check.down(outage.reason());
                return;
            }
            // Only whoever may reach the admin port reads this, and the log, once for each new reason.
            self.check.down(outage.reason());
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Looks through a connection of its own, so that a pool in full use is not taken for a dead database.
    ///
    /// Each new connection finds the tables or makes them: a database may come back as an empty one.
    async fn until_outage(&self) -> Result<Infallible, Outage> {
        let mut connection = self.connect().await?;
        match tokio::time::timeout(PREPARATION_LIMIT, self.prepare(&mut connection)).await {
            Ok(result) => result.map_err(Outage::Preparation)?,
            Err(_) => return Err(Outage::SlowPreparation),
        }
        self.prepared.send_replace(true);
        let file = self.file_identity();
        loop {
            self.check.up();
            tokio::time::sleep(PERIOD).await;
            self.count_connections();
            self.look(&mut connection).await?;
            if self.file_identity() != file {
                return Err(Outage::FileGone);
            }
        }
    }

    async fn connect(&self) -> Result<AnyConnection, Outage> {
        if let Some(folder) = self.url.file().and_then(|file| file.parent()) {
            std::fs::create_dir_all(folder).map_err(Outage::Folder)?;
        }
        self.within_patience(crate::connect::one(&self.url)).await
    }

    /// Migrates and seeds in one transaction that no two processes run at once.
    async fn prepare(&self, connection: &mut AnyConnection) -> Result<(), MigrateError> {
        let migrations = &self.schema.migrations;
        let mut alone = begin_alone(connection, self.url.system()).await?;
        alone.ensure_migrations_table(&migrations.table_name).await?;
        let is_new = alone.list_applied_migrations(&migrations.table_name).await?.is_empty();
        // What `run` does, without a lifetime that no spawned task can fulfil.
        migrations.run_direct(None, &mut *alone, false).await?;
        if is_new {
            alone.execute(sqlx::raw_sql(self.schema.seed)).await?;
        }
        Ok(alone.commit().await?)
    }

    /// Reads a table rather than a constant: SQLite answers constants without its file.
    async fn look(&self, connection: &mut AnyConnection) -> Result<(), Outage> {
        let query = sqlx::query("SELECT version FROM _sqlx_migrations LIMIT 1").execute(connection);
        self.within_patience(query).await.map(drop)
    }

    /// Which file the path of a SQLite database leads to now, if any.
    fn file_identity(&self) -> Option<(u64, u64)> {
        let metadata = std::fs::metadata(self.url.file()?).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    async fn within_patience<T>(&self, work: impl Future<Output = sqlx::Result<T>>) -> Result<T, Outage> {
        match tokio::time::timeout(self.patience, work).await {
            Ok(result) => result.map_err(|error| Outage::Connection(error.into())),
            Err(_) => Err(Outage::Connection(Error::TimedOut(self.patience))),
        }
    }

    fn count_connections(&self) {
        let idle = self.pool.num_idle();
        let used = (self.pool.size() as usize).saturating_sub(idle);
        metrics::gauge!("db_pool_connections", "state" => "idle").set(idle as f64);
        metrics::gauge!("db_pool_connections", "state" => "used").set(used as f64);
        // The pool grows when it must: no idle connection says nothing while it may open another one.
        metrics::gauge!("db_pool_max_connections").set(f64::from(self.pool.options().get_max_connections()));
    }
}

impl Outage {
    fn reason(&self) -> String {
        match self {
            Self::Folder(cause) => format!("the folder of the database file cannot be created: {cause}"),
            Self::Connection(cause) => cause.with_cause(),
            Self::Preparation(cause) => format!("the database cannot be migrated: {cause}"),
            Self::SlowPreparation => format!("the database was not migrated within {PREPARATION_LIMIT:?}"),
            Self::FileGone => "the database file was removed or replaced; restart the process".to_owned(),
        }
    }
}

/// A transaction that waits until no other process is in one like it.
///
/// sqlx's own migration lock is none on SQLite, and on PostgreSQL it ends before the commit and outlives a failure.
async fn begin_alone(connection: &mut AnyConnection, system: System) -> sqlx::Result<Transaction<'_, sqlx::Any>> {
    match system {
        System::Sqlite => connection.begin_with("BEGIN IMMEDIATE").await,
        System::Postgres => {
            let mut transaction = connection.begin().await?;
            // A row must be read as a type that `Any` knows, and the function's void is none.
            let lock = sqlx::query("SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS held").bind(POSTGRES_LOCK);
            lock.execute(&mut *transaction).await?;
            Ok(transaction)
        }
    }
}
