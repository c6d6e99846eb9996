//! Where the data of the three is: files in one folder, or databases of one PostgreSQL server.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use sqlx::Postgres;
use sqlx::migrate::MigrateDatabase;
use url::Url;

use crate::args::Args;
use demo_key::Key;

/// The prepared data.
pub struct Data {
    /// `DATABASE_URL` of user-service.
    pub users: String,
    /// `DATABASE_URL` of order-service.
    pub orders: String,
    /// `JWKS_FILE` of api-gateway.
    pub jwks: PathBuf,
    /// Held as long as this launcher runs, so that no second one takes files away from under its services.
    _lock: File,
}

/// Makes the folder, the databases and the key file.
pub async fn prepare(args: &Args, key: &Key) -> anyhow::Result<Data> {
    fs::create_dir_all(&args.data).with_context(|| format!("--data {}: cannot be made", args.data.display()))?;
    let lock = lock(&args.data)?;
    let jwks = args.data.join("jwks.json");
    fs::write(&jwks, key.jwks()?).with_context(|| format!("{} cannot be written", jwks.display()))?;
    let (users, orders) = match &args.postgres {
        Some(server) => {
            (database(server, "user_service", args.fresh).await?, database(server, "order_service", args.fresh).await?)
        }
        None => (file(&args.data, "user-service", args.fresh)?, file(&args.data, "order-service", args.fresh)?),
    };
    Ok(Data { users, orders, jwks, _lock: lock })
}

fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.try_lock().map_err(|_| {
        anyhow!(
            "the data in {} belongs to a launcher that is running; choose another folder with --data DIR",
            folder.display()
        )
    })?;
    Ok(file)
}

fn file(folder: &Path, service: &str, fresh: bool) -> anyhow::Result<String> {
    let path = folder.join(format!("{service}.db"));
    if fresh {
        // The write-ahead log belongs to the file: left behind, it would be applied to the new one.
        for ending in ["", "-wal", "-shm"] {
            remove(&PathBuf::from(format!("{}{ending}", path.display())))?;
        }
    }
    Ok(format!("sqlite://{}", encoded(&path.display().to_string())))
}

/// A path as part of a URL: what would end or begin something else there is encoded.
fn encoded(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("--fresh: {} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

async fn database(server: &Url, name: &str, fresh: bool) -> anyhow::Result<String> {
    let mut url = server.clone();
    url.set_path(name);
    let wrong = || format!("--postgres: database {name} cannot be prepared");
    if fresh && Postgres::database_exists(url.as_str()).await.with_context(wrong)? {
        Postgres::drop_database(url.as_str()).await.with_context(wrong)?;
    }
    if !Postgres::database_exists(url.as_str()).await.with_context(wrong)? {
        Postgres::create_database(url.as_str()).await.with_context(wrong)?;
    }
    Ok(url.into())
}
