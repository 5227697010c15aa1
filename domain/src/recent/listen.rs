//! Hears the notices of changed tables, over a connection of its own.

use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::Recent;
use crate::Backend;

/// What the connection calls itself in `pg_stat_activity`.
pub const APPLICATION: &str = "reelgate listening";

/// On which the triggers of the migrations send.
const CHANNEL: &str = "gate";

/// Between two attempts to connect. Meanwhile every request asks the database itself.
const PAUSE: Duration = Duration::from_millis(500);

/// Listens until it is dropped; lost connections are made again.
pub async fn listen(backend: Backend) {
    let options = (*backend.db.connect_options())
        .clone()
        .application_name(APPLICATION)
        .disable_statement_logging();
    loop {
        let _deaf = Deaf(&backend.recent);
        if let Err(error) = hear(&backend.recent, &options).await {
            tracing::warn!(%error, "changes cannot be heard of for a moment: the gate asks the database for everything");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// However the listening ends, from then on nothing is remembered.
struct Deaf<'a>(&'a Recent);

impl Drop for Deaf<'_> {
    fn drop(&mut self) {
        self.0.epoch.set_listening(false);
    }
}

/// Returns when the connection is lost.
async fn hear(recent: &Recent, options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    // Not of the backend's pool: requests that wait for a connection must not keep the notices away.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options.clone())
        .await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.ignore_pool_close_event(true);
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // Only now: what changed before this was not heard of.
    recent.epoch.set_listening(true);
    while listener.try_recv().await?.is_some() {
        recent.epoch.begin_next();
    }
    recent.epoch.set_listening(false);
    Ok(())
}
