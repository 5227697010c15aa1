//! The embedded PostgreSQL: made once, started by whichever process comes first, stopped by the last that leaves.
//!
//! Two locks lie beside the cluster's folder. `.lock` is held shared by every process that uses it, so the last one
//! knows that it is the last, also after others were killed. `.start` is held exclusively while starting or stopping.

mod place;
mod programs;
mod server;
mod tools;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;

use crate::config::Config;
use place::Place;
use programs::Programs;
pub use tools::Tools;

/// Name of the owner and of the database inside.
const NAME: &str = "reelgate";
/// Whom the server is while it runs: may use the tables, and neither make nor change them.
const SERVER: &str = "reelgate_app";

/// A running embedded PostgreSQL, and this process's share in it. Clones are one share.
#[derive(Debug, Clone)]
pub struct Embedded(Arc<Share>);

#[derive(Debug)]
struct Share {
    programs: Programs,
    place: Place,
    socket_dir: PathBuf,
    options: PgConnectOptions,
    in_use: File,
    child: Mutex<Option<Child>>,
}

/// A dead one is noticed this late at most.
const LOOK_EVERY: Duration = Duration::from_millis(500);

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
        let (socket_dir, child) =
            server::start(&programs, &place, place.socket_dir(), is_alone).await?;
        let options = options(&socket_dir);
        let made = create_database(&options).await;
        let embedded = Self(Arc::new(Share {
            programs,
            place,
            socket_dir,
            options: options.database(NAME),
            in_use,
            child: Mutex::new(child),
        }));
        drop(start);
        if let Err(error) = made {
            embedded.close().await?;
            return Err(anyhow::Error::new(error)
                .context("the embedded PostgreSQL cannot make its database"));
        }
        Ok(embedded)
    }

    /// As the owner, who brings the schema up to date.
    pub fn owner(&self) -> &PgConnectOptions {
        &self.0.options
    }

    /// Starts it again whenever it has died, for as long as this is polled.
    pub async fn keep(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.is_running().await {
                continue;
            }
            tracing::warn!("the embedded PostgreSQL has died and is started again");
            match self.revive().await {
                Ok(()) => tracing::info!("the embedded PostgreSQL is back"),
                // Processes of the dead server may still be on their way out.
                Err(error) => tracing::warn!(
                    error = format!("{error:#}"),
                    "the embedded PostgreSQL could not be started and will be tried again"
                ),
            }
        }
    }

    async fn is_running(&self) -> bool {
        let mut child = self.0.child.lock().await;
        // A dead child of ours seems alive until it is waited for.
        if let Some(ours) = child.as_mut()
            && matches!(ours.try_wait(), Ok(Some(_)))
        {
            *child = None;
        }
        server::is_running(&self.0.place)
    }

    /// In the same place, since that is where everybody's connections look for it.
    async fn revive(&self) -> anyhow::Result<()> {
        let share = &self.0;
        let _start = lock(share.place.beside("start"), FlockOperation::LockExclusive).await?;
        // Another process that uses it may have been quicker.
        if server::is_running(&share.place) {
            return Ok(());
        }
        let socket_dir = share.socket_dir.clone();
        let (_, child) = server::start(&share.programs, &share.place, socket_dir, false).await?;
        *share.child.lock().await = child;
        Ok(())
    }

    /// As the server.
    pub fn server(&self) -> PgConnectOptions {
        self.0.options.clone().username(SERVER)
    }

    /// Leaves it, and stops it if nobody else uses it.
    pub async fn close(self) -> anyhow::Result<()> {
        let share = &self.0;
        let _start = lock(share.place.beside("start"), FlockOperation::LockExclusive).await?;
        // A held lock of one's own is converted, so this fails exactly if another process holds it too.
        let is_last = flock(&share.in_use, FlockOperation::NonBlockingLockExclusive).is_ok();
        if is_last {
            let child = share.child.lock().await.take();
            server::stop(&share.place, child)
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
    /// SQLSTATE duplicate_database, duplicate_object.
    const EXISTS: [&str; 2] = ["42P04", "42710"];
    let mut connection: PgConnection = options.connect().await?;
    let mut made = Ok(());
    for statement in [
        format!("create database {NAME}"),
        format!("create role {SERVER} login"),
    ] {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut connection)
            .await;
        let exists = |error: &sqlx::Error| {
            let code = error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code);
            code.is_some_and(|code| EXISTS.contains(&code.as_ref()))
        };
        made = match done {
            Err(error) if !exists(&error) => Err(error),
            _ => made,
        };
    }
    connection.close().await?;
    made
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
