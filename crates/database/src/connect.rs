//! How a connection is made, and what it is told first.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use crate::{Args, DatabaseUrl};

/// Readers and the one writer do not wait for each other (WAL), and a commit survives the end of the process.
const SQLITE_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;";

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl System {
    /// The name in OpenTelemetry's `db.system.name`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

/// The pool for requests. It opens connections when they are needed.
pub(crate) fn pool(url: &DatabaseUrl, args: &Args) -> AnyPool {
    let (system, patience) = (url.system(), args.patience());
    AnyPoolOptions::new()
        .max_connections(args.database_max_connections)
        .acquire_timeout(patience)
        // A server may have gone away since; a file is in this process, and the question would cost as much as a query.
        .test_before_acquire(system == System::Postgres)
        .after_connect(move |connection, _| Box::pin(greet(connection, system, Some(patience))))
        .after_release(move |connection, _| Box::pin(still_answers(connection, system, patience)))
        .connect_lazy_with(options(url))
}

/// A connection outside the pool, whose statements may take their time: migrations do.
pub(crate) async fn one(url: &DatabaseUrl) -> sqlx::Result<AnyConnection> {
    let mut connection = AnyConnection::connect_with(&options(url)).await?;
    greet(&mut connection, url.system(), None).await?;
    Ok(connection)
}

fn options(url: &DatabaseUrl) -> AnyConnectOptions {
    url.as_str().parse().expect("the url was parsed when it was read")
}

/// Tells the database how long a statement may take. A request that gave up would leave its statement behind
/// otherwise: on PostgreSQL with a backend that goes on waiting, and the server runs out of them.
async fn greet(connection: &mut AnyConnection, system: System, patience: Option<Duration>) -> sqlx::Result<()> {
    let ms = patience.map(|patience| patience.as_millis());
    let words = match system {
        // First, because the others may have to wait for another process already.
        System::Sqlite => format!("PRAGMA busy_timeout = {}; {SQLITE_PRAGMAS}", ms.unwrap_or(3_000)),
        System::Postgres => format!("SET statement_timeout = {}", ms.unwrap_or(0)),
    };
    connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(words))).await?;
    Ok(())
}

/// Whether a connection that a request gives back is still good.
///
/// sqlx asks that itself, but waits for the answer without a limit: a server that hangs, or a network that swallows
/// packets, would keep the place in the pool for as long as TCP hopes, and the pool would be empty after the outage.
async fn still_answers(connection: &mut AnyConnection, system: System, patience: Duration) -> sqlx::Result<bool> {
    if system == System::Postgres {
        let ping = tokio::time::timeout(patience, connection.ping());
        ping.await.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??;
    }
    Ok(true)
}
