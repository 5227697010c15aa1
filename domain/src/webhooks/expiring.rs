//! Announces files some time before they expire. Background work.

use super::store::events as store;
use crate::background::{More, News};
use crate::{Backend, Error};

/// Files of one step.
const STEP: i64 = 500;

/// Announces some files whose expiry is near, each expiry once. A hold, and the trash, stop the announcement too.
pub async fn announce_some(backend: &Backend) -> Result<More, Error> {
    let mut tx = backend.db.begin().await?;
    let count = store::announce_expiring(&mut tx, backend.clock.now(), STEP).await?;
    tx.commit().await?;
    if count > 0 {
        backend.nudge(News::Events);
    }
    Ok(if count == STEP.cast_unsigned() {
        More::Now
    } else {
        More::Later
    })
}
