//! The whole of `Database` on a SQLite file; PostgreSQL needs a server and is tested where one is started.

use std::path::Path;
use std::time::{Duration, Instant};

use database::{Args, Database, Error, Schema};
use mesh_ready::Health;

/// Patient, so that a busy machine fails no test.
fn args(url: &str) -> Args {
    let database_url = Some(url.parse().expect("a right url"));
    Args { database_url, database_max_connections: 10, database_acquire_timeout_ms: 20_000 }
}

fn schema() -> Schema {
    let seed = "INSERT INTO things (id, value) VALUES (1, 0), (2, 0);";
    Schema { service: "test", migrations: sqlx::migrate!("tests/migrations"), seed }
}

fn open(folder: &Path) -> Database {
    // A folder that is not there yet.
    let url = format!("sqlite://{}/data/test.db", folder.display());
    Database::open(&args(&url), schema(), Health::default().check("database"))
}

async fn opened(folder: &Path) -> Database {
    let database = open(folder);
    tokio::time::timeout(Duration::from_secs(10), database.prepared()).await.expect("prepared in time");
    database
}

async fn count(database: &Database) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM things");
    let count = async { Ok::<i64, Error>(count.fetch_one(database.pool()).await?) };
    database.run("SELECT", "things", count).await.expect("a count")
}

#[tokio::test]
async fn only_an_empty_database_is_seeded() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = opened(folder.path()).await;
    assert_eq!(count(&first).await, 2);
    let mut transaction = first.begin_write().await.expect("a transaction");
    sqlx::query("DELETE FROM things").execute(&mut *transaction).await.expect("deleted");
    transaction.commit().await.expect("committed");
    drop(first);
    assert_eq!(count(&opened(folder.path()).await).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_migrate_and_seed_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let databases: Vec<_> = (0..8).map(|_| open(folder.path())).collect();
    for database in databases {
        tokio::time::timeout(Duration::from_secs(20), database.prepared()).await.expect("prepared in time");
        assert_eq!(count(&database).await, 2);
    }
}

/// With a plain BEGIN, some of these fail: SQLite refuses a reader that becomes a writer after another one wrote. Two pools,
/// because one pool lets its writers in one by one.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_read_before_they_write_lose_no_update() {
    let folder = tempfile::tempdir().expect("a folder");
    let pools = [opened(folder.path()).await, opened(folder.path()).await];
    let increment = async |database: Database| {
        let all = async {
            let mut transaction = database.begin_write().await?;
            let value: i64 =
                sqlx::query_scalar("SELECT value FROM things WHERE id = 1").fetch_one(&mut *transaction).await?;
            let update = sqlx::query("UPDATE things SET value = $1 WHERE id = 1").bind(value + 1);
            update.execute(&mut *transaction).await?;
            transaction.commit().await
        };
        database.run("UPDATE", "things", all).await
    };
    let tasks: Vec<_> = (0..400).map(|number| tokio::spawn(increment(pools[number % 2].clone()))).collect();
    for task in tasks {
        task.await.expect("no panic").expect("incremented");
    }
    let value = sqlx::query_scalar("SELECT value FROM things WHERE id = 1").fetch_one(pools[0].pool()).await;
    assert_eq!(value.ok(), Some(400_i64));
}

#[tokio::test]
async fn a_dropped_transaction_leaves_no_trace_and_blocks_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = opened(folder.path()).await;
    let mut dropped = database.begin_write().await.expect("a transaction");
    sqlx::query("INSERT INTO things VALUES (3, 0)").execute(&mut *dropped).await.expect("inserted");
    drop(dropped);
    let next = database.begin_write().await.expect("the next transaction");
    next.commit().await.expect("committed");
    assert_eq!(count(&database).await, 2);
}

#[tokio::test]
async fn a_value_that_exists_is_a_conflict() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = opened(folder.path()).await;
    let insert = async { Ok(sqlx::query("INSERT INTO things VALUES (1, 0)").execute(database.pool()).await?) };
    let error: Error = database.run("INSERT", "things", insert).await.expect_err("id 1 is taken");
    assert!(matches!(error, Error::Conflict(_)), "{error}");
}

#[tokio::test]
async fn an_operation_that_hangs_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/test.db", folder.path().display());
    let impatient = Args { database_acquire_timeout_ms: 200, ..args(&url) };
    let database = Database::open(&impatient, schema(), Health::default().check("database"));
    database.prepared().await;
    let error = database.run("SELECT", "things", std::future::pending::<Result<(), Error>>()).await;
    assert!(matches!(error, Err(Error::TimedOut(patience)) if patience == impatient.patience()));
}

#[tokio::test]
async fn without_a_database_nothing_ends_and_everything_is_unavailable() {
    // A port that was free a moment ago, and that nobody listens on.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let health = Health::default();
    let url = format!("postgres://shop@127.0.0.1:{port}/shop");
    let database = Database::open(&args(&url), schema(), health.check("database"));
    let error = database.run("SELECT", "things", async { Ok::<(), Error>(()) }).await.expect_err("no tables");
    assert!(error.is_unavailable());
    let deadline = Instant::now() + Duration::from_secs(10);
    while !health.readiness().pending["database"].starts_with("the database cannot be reached") {
        assert!(Instant::now() < deadline, "{:?}", health.readiness());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
