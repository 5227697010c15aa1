//! Background work on credentials: deletes what is over.

use chrono::TimeDelta;

use super::store;
use crate::{Backend, Error};

/// Who was last seen so long ago is forgotten.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Callers kept of each password.
const CALLERS: i64 = 500;

/// Deletes the hashes of old passwords whose grace period is over, and callers that are of no more use. Says how many
/// hashes there were.
pub async fn delete_what_is_over(backend: &Backend) -> Result<u64, Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let ended = store::delete_expired_old_passwords(&mut db, now).await?;
    store::callers::trim(&mut db, now - KEPT, CALLERS).await?;
    Ok(ended)
}
