//! Ending the access of people who typed the shared password into a browser's dialog.
//!
//! A browser keeps such a password until it is closed, and sends it unasked. So each challenge to a browser leaves a
//! mark of when it was asked; after an end, only a password that comes with a later mark counts. docs/decisions/0013
//! has the reasons.

use chrono::{DateTime, Utc};

use super::store;
use crate::audit::{self, Event};
use crate::{Actor, Backend, Error, Permission, Secret};

const MARK: &str = "mark of a browser that was asked";

/// The mark of a browser that is being asked for the password now. It holds nothing but the time, and nobody without
/// the master key can make one.
pub fn mark(backend: &Backend) -> Vec<u8> {
    let now = backend.clock.now().timestamp_micros().to_string();
    backend.master_key.seal(MARK, "", &Secret::new(now))
}

/// When the browser with this mark was asked; None if it is none of ours.
pub fn asked_at(backend: &Backend, mark: &[u8]) -> Option<DateTime<Utc>> {
    let time = backend.master_key.unseal(MARK, "", mark)?;
    DateTime::from_timestamp_micros(time.reveal().parse().ok()?)
}

/// From now on every browser has to ask for user name and password again; programs and sign-ins go on.
pub async fn end_access(backend: &Backend, actor: &Actor) -> Result<(), Error> {
    actor.may(Permission::ManageCredentials)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    store::end_browser_access(&mut tx, actor.account, now).await?;
    audit::record(&mut tx, actor, Event::BrowserAccessEnded, now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// When that was done last.
pub async fn ended_at(backend: &Backend, actor: &Actor) -> Result<Option<DateTime<Utc>>, Error> {
    actor.may(Permission::ManageCredentials)?;
    let mut db = backend.db.acquire().await?;
    Ok(store::browser_access_ended_at(&mut db, actor.account).await?)
}
