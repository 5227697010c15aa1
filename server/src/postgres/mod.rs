//! The embedded PostgreSQL: made once, started by whichever process comes first, stopped by the last that leaves.
//!
//! Two locks lie beside the cluster's folder. `.lock` is held shared by every process that uses it, so the last one
//! knows that it is the last, also after others were killed. `.start` is held exclusively while starting or stopping.

mod place;
mod programs;
mod server;
mod tools;

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::config::Config;
use place::Place;
use programs::Programs;
pub use tools::Tools;

/// Name of the user and of the database inside.
const NAME: &str = "reelgate";

/// A running embedded PostgreSQL, and this process's share in it.
#[derive(Debug)]
pub struct Embedded {
    place: Place,
    options: PgConnectOptions,
    in_use: File,
    child: Option<std::process::Child>,
}

impl Embedded {
    /// Makes and starts it if need be. Close every connection before [`Self::close`].
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let programs = Programs::find(config.postgres_bin_dir.as_deref())?;
        let place = Place::choose(&config.data_dir)?;
        let start = lock(place.beside("start"), FlockOperation::LockExclusive).await?;
        let in_use = lock(place.beside("lock"), FlockOperation::LockShared).await?;
        // Nobody else can come while the other lock is held.
        let is_alone = flock(&in_use, FlockOperation::NonBlockingLockExclusive).is_ok();
        flock(&in_use, FlockOperation::LockShared)?;
        server::create(&programs, &place).await?;
        let (socket_dir, child) = server::start(&programs, &place, is_alone).await?;
        let options = options(&socket_dir);
        let made = create_database(&options).await;
        let embedded = Self {
            place,
            options: options.database(NAME),
            in_use,
            child,
        };
        drop(start);
        if let Err(error) = made {
            embedded.close().await?;
            return Err(anyhow::Error::new(error)
                .context("the embedded PostgreSQL cannot make its database"));
        }
        Ok(embedded)
    }

    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Leaves it, and stops it if nobody else uses it.
    pub async fn close(self) -> anyhow::Result<()> {
        let _start = lock(self.place.beside("start"), FlockOperation::LockExclusive).await?;
        // A held lock of one's own is converted, so this fails exactly if another process holds it too.
        let is_last = flock(&self.in_use, FlockOperation::NonBlockingLockExclusive).is_ok();
        if is_last {
            server::stop(&self.place, self.child)
                .await
                .context("the embedded PostgreSQL does not stop")?;
        }
        Ok(())
    }
}

/// How to reach the server in a socket folder. Says everything, so that no PG* variable of the environment counts.
fn options(socket_dir: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(server::PORT)
        .username(NAME)
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
        .application_name("reelgate")
}

async fn create_database(options: &PgConnectOptions) -> sqlx::Result<()> {
    /// SQLSTATE duplicate_database.
    const EXISTS: &str = "42P04";
    let mut connection: PgConnection = options.connect().await?;
    let made = sqlx::raw_sql("create database reelgate")
        .execute(&mut connection)
        .await;
    connection.close().await?;
    match made {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(EXISTS) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Waits for the lock on a thread of its own, since another process may be starting the server under it.
async fn lock(path: std::path::PathBuf, operation: FlockOperation) -> anyhow::Result<File> {
    tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        flock(&file, operation).with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(file)
    })
    .await?
}
