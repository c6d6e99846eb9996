//! Which database a process uses, and how patient it is with it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteConnectOptions;

use crate::connect::System;

/// Settings of the database; a service flattens them beside its own.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Where the data is, for example sqlite://data/shop.db or postgres://user:password@host:5432/name.
    /// Without it a SQLite file under data/, named after the service
    #[arg(long, env, value_name = "DATABASE_URL", hide_env_values = true, required = cfg!(not(feature = "sqlite")))]
    pub database_url: Option<DatabaseUrl>,
    /// Connections for requests, 1 to 1000, for example 10; one more looks after the database
    #[arg(long, env, value_name = "DATABASE_MAX_CONNECTIONS", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_max_connections: u32,
    /// Milliseconds that a request may wait for the database before it is answered 503, 100 to 60000, for example 1500
    #[arg(long, env, value_name = "DATABASE_ACQUIRE_TIMEOUT_MS", default_value = "1500", value_parser = clap::value_parser!(u64).range(100..=60_000))]
    pub database_acquire_timeout_ms: u64,
}

/// The address of a SQLite file or of a database in a PostgreSQL server.
#[derive(Clone)]
pub struct DatabaseUrl(Place);

#[derive(Clone)]
enum Place {
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only a build with SQLite opens files"))]
    File {
        url: String,
        path: PathBuf,
    },
    Server {
        url: String,
    },
}

impl Args {
    /// `DATABASE_ACQUIRE_TIMEOUT_MS`.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.database_acquire_timeout_ms)
    }
}

impl DatabaseUrl {
    /// `sqlite://data/<service>.db`. A build without SQLite does not come here: its `DATABASE_URL` is required.
    pub(crate) fn file_of(service: &str) -> Self {
        format!("sqlite://data/{service}.db").parse().expect("a service's name is a file's name")
    }

    pub(crate) fn system(&self) -> System {
        match self.0 {
            Place::File { .. } => System::Sqlite,
            Place::Server { .. } => System::Postgres,
        }
    }

    /// The file, of a SQLite database.
    pub(crate) fn file(&self) -> Option<&PathBuf> {
        match &self.0 {
            Place::File { path, .. } => Some(path),
            Place::Server { .. } => None,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match &self.0 {
            Place::File { url, .. } | Place::Server { url } => url,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", _)) => file(text),
            Some(("postgres" | "postgresql", _)) => server(text),
            _ => Err("must begin with sqlite: or postgres:, for example sqlite://data/shop.db".to_owned()),
        }
    }
}

/// Without the password that may be in it.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.system().as_str())
    }
}

#[cfg(feature = "sqlite")]
fn file(text: &str) -> Result<DatabaseUrl, String> {
    let explain =
        |error: &dyn fmt::Display| format!("{error}; for example sqlite://data/shop.db or sqlite:///var/lib/shop.db");
    if text.contains(":memory:") || text.contains("mode=memory") {
        return Err(explain(&"memory is lost with each connection, so the data must be in a file"));
    }
    let mut url = text.to_owned();
    if !url.contains("mode=") {
        url += if url.contains('?') { "&mode=rwc" } else { "?mode=rwc" };
    }
    // What the driver will do with it later, so that a mistake shows now.
    url.parse::<sqlx::any::AnyConnectOptions>().map_err(|error| explain(&error))?;
    let options = SqliteConnectOptions::from_str(&url).map_err(|error| explain(&error))?;
    let path = options.get_filename().to_owned();
    if path.file_name().is_none() {
        return Err(explain(&"names no file"));
    }
    Ok(DatabaseUrl(Place::File { url, path }))
}

#[cfg(not(feature = "sqlite"))]
fn file(_: &str) -> Result<DatabaseUrl, String> {
    Err("this build knows PostgreSQL only, for example postgres://user:password@host:5432/name".to_owned())
}

fn server(text: &str) -> Result<DatabaseUrl, String> {
    let explain = |error: &dyn fmt::Display| format!("{error}; for example postgres://user:password@host:5432/name");
    let options = PgConnectOptions::from_str(text).map_err(|error| explain(&error))?;
    if matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull) {
        return Err(explain(&"sslmode must be left out, because the sidecar encrypts, not this process"));
    }
    Ok(DatabaseUrl(Place::Server { url: text.to_owned() }))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_url_is_answered_with_a_right_one() {
        let cases = [
            ("", "sqlite://data/shop.db"),
            ("shop.db", "must begin with sqlite: or postgres:"),
            ("mysql://root@localhost/shop", "must begin with sqlite: or postgres:"),
            ("sqlite://", "sqlite:///var/lib/shop.db"),
            ("sqlite::memory:", "must be in a file"),
            ("sqlite://shop.db?mode=memory", "must be in a file"),
            ("sqlite://shop.db?mode=fast", "for example sqlite://data/shop.db"),
            ("postgres://host:port/shop", "postgres://user:password@host:5432/name"),
            ("postgres://host/shop?sslmode=require", "the sidecar encrypts"),
        ];
        for (text, hint) in cases {
            let error = text.parse::<DatabaseUrl>().expect_err(text);
            assert!(error.contains(hint), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_file_is_created_unless_its_url_says_otherwise() {
        let cases = [
            ("sqlite://data/shop.db", "sqlite://data/shop.db?mode=rwc", "data/shop.db"),
            ("sqlite:shop.db", "sqlite:shop.db?mode=rwc", "shop.db"),
            ("sqlite:///srv/My%20Shop.db", "sqlite:///srv/My%20Shop.db?mode=rwc", "/srv/My Shop.db"),
            ("sqlite://shop.db?mode=rw", "sqlite://shop.db?mode=rw", "shop.db"),
        ];
        for (text, url, path) in cases {
            let parsed: DatabaseUrl = text.parse().expect(text);
            assert_eq!((parsed.as_str(), parsed.file().and_then(|path| path.to_str())), (url, Some(path)));
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: DatabaseUrl = "postgres://shop:secret@localhost/shop".parse().expect("a right url");
        assert_eq!(format!("{url:?}"), "postgresql");
    }
}
