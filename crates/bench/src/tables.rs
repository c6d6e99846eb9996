//! Fills the databases of services with as many rows as a measurement wants.

use std::path::Path;

use anyhow::Context;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

/// Users above the ones that a service brings.
const USERS: &str = "SELECT n, 'User ' || n, 'user' || n || '@example.com', 1735689600000 + n";

/// Orders of users with the same number.
const ORDERS: &str = r#"SELECT n, n, 'paid', '[{"sku":"TEA-250","quantity":2,"unit_price":{"amount_minor":1250,"currency":"EUR"}}]',
    2500, 'EUR', 1735689600000 + n, 1735689600000 + n, NULL"#;

/// Makes the table `users` or `orders` of a SQLite file that a service has made reach up to the id `rows`.
///
/// # Errors
/// When the file is none of a service.
pub fn fill(file: &Path, table: &str, rows: u64) -> anyhow::Result<()> {
    let values = if table == "users" { USERS } else { ORDERS };
    let numbers = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT MAX(id) + 1 FROM {table} UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})"
    );
    let statements = [
        format!("{numbers} INSERT INTO {table} {values} FROM numbers"),
        format!("UPDATE counters SET last_id = {rows} WHERE name = '{table}'"),
        "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await?;
        for statement in statements {
            // The table's name and the number of rows are this program's own.
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.context("a table cannot be filled")?;
        }
        Ok(connection.close().await?)
    })
}
