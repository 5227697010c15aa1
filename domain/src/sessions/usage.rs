//! How much a stretch of time has recorded.

use chrono::{DateTime, Utc};

use super::store;
use crate::{Actor, Backend, Error, Permission};

/// What the sessions of a stretch of time amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub sessions: u64,
    /// Milliseconds of all sessions together.
    pub duration_ms: u64,
    /// Bytes of all files of theirs that are kept.
    pub size: u64,
}

/// Of the sessions that started at `from` or later, and before `until`.
pub async fn usage(
    backend: &Backend,
    actor: &Actor,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Usage, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    let (sessions, duration_ms, size) = store::usage(&mut db, scope, from, until).await?;
    Ok(Usage {
        sessions: sessions.cast_unsigned(),
        duration_ms: duration_ms.cast_unsigned(),
        size: size.cast_unsigned(),
    })
}
