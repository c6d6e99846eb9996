//! Where the users are kept.

use contracts::{NewUser, Page, User, UserPatch, time};
use database::{Database, Schema, WriteTransaction};
use mesh_ready::Check;

/// The users in the database. Clones share it.
#[derive(Clone)]
pub struct Store {
    database: Database,
}

/// Why an operation on users failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No user has this id.
    #[error("no user has id {0}")]
    Missing(i64),
    /// Addresses are unique, without regard to case.
    #[error("another user has this email")]
    EmailTaken,
    /// The database is away or refuses.
    #[error(transparent)]
    Database(database::Error),
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    name: String,
    email: String,
    created_at: i64,
}

impl Store {
    /// Opens the database in the background; `check` is up while it answers.
    pub fn open(args: &database::Args, check: Check) -> Self {
        metrics::describe_counter!("users_created_total", "Users created");
        let migrations = sqlx::migrate!("./migrations");
        let schema = Schema { service: crate::WORKLOAD.name, migrations, seed: include_str!("../seed.sql") };
        Self { database: Database::open(args, schema, check) }
    }

    /// The database, for whoever must wait for it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// At most `limit` users with ids above `after`, in order of id.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn list(&self, limit: i64, after: i64) -> Result<Page<User>, Error> {
        const SQL: &str = "SELECT id, name, email, created_at FROM users WHERE id > $1 ORDER BY id LIMIT $2";
        let query = sqlx::query_as::<_, Row>(SQL).bind(after).bind(limit + 1);
        let rows = async { Ok::<_, Error>(query.fetch_all(self.database.pool()).await?) };
        let rows = self.database.run("SELECT", "users", rows).await?;
        Ok(Page::from_surplus(rows.into_iter().map(User::from).collect(), limit, |user| user.id))
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Database`].
    pub async fn get(&self, id: i64) -> Result<User, Error> {
        const SQL: &str = "SELECT id, name, email, created_at FROM users WHERE id = $1";
        let query = sqlx::query_as::<_, Row>(SQL).bind(id);
        let row = async { Ok::<_, Error>(query.fetch_optional(self.database.pool()).await?) };
        let row = self.database.run("SELECT", "users", row).await?;
        row.map(User::from).ok_or(Error::Missing(id))
    }

    /// A new user with the next id.
    ///
    /// # Errors
    /// [`Error::EmailTaken`], [`Error::Database`].
    pub async fn create(&self, new: &NewUser) -> Result<User, Error> {
        const SQL: &str = "INSERT INTO users (id, name, email, created_at) VALUES ($1, $2, $3, $4) \
                           RETURNING id, name, email, created_at";
        let created = self.write("INSERT", async |transaction| {
            let id = database::next_id(transaction, "users").await?;
            let query = sqlx::query_as::<_, Row>(SQL).bind(id).bind(&new.name).bind(&new.email);
            Ok(query.bind(database::now()).fetch_one(&mut **transaction).await?)
        });
        let user = created.await?.into();
        metrics::counter!("users_created_total").increment(1);
        Ok(user)
    }

    /// Changes what the patch holds, and only that.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::EmailTaken`], [`Error::Database`].
    pub async fn change(&self, id: i64, patch: &UserPatch) -> Result<User, Error> {
        const SQL: &str = "UPDATE users SET name = COALESCE($2, name), email = COALESCE($3, email) WHERE id = $1 \
                           RETURNING id, name, email, created_at";
        let changed = self.write("UPDATE", async |transaction| {
            let query = sqlx::query_as::<_, Row>(SQL).bind(id).bind(&patch.name).bind(&patch.email);
            query.fetch_optional(&mut **transaction).await?.ok_or(Error::Missing(id))
        });
        Ok(changed.await?.into())
    }

    /// Removes a user. Their orders are another service's, and stay.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Database`].
    pub async fn delete(&self, id: i64) -> Result<(), Error> {
        let deleted = self.write("DELETE", async |transaction| {
            let query = sqlx::query("DELETE FROM users WHERE id = $1").bind(id);
            Ok(query.execute(&mut **transaction).await?.rows_affected())
        });
        if deleted.await? == 0 { Err(Error::Missing(id)) } else { Ok(()) }
    }

    async fn write<T>(
        &self,
        operation: &'static str,
        work: impl AsyncFnOnce(&mut WriteTransaction) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let all = async {
            let mut transaction = self.database.begin_write().await?;
            let result = work(&mut transaction).await?;
            transaction.commit().await?;
            Ok(result)
        };
        self.database.run(operation, "users", all).await
    }
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self { id: row.id, name: row.name, email: row.email, created_at: time::rfc3339(row.created_at) }
    }
}

/// The address is the only unique value that a caller chooses.
impl From<database::Error> for Error {
    fn from(error: database::Error) -> Self {
        match error {
            database::Error::Conflict(_) => Self::EmailTaken,
            other => Self::Database(other),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        database::Error::from(error).into()
    }
}
