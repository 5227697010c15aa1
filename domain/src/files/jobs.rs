//! Background work on files: expired ones to the trash, and bytes out of the vault, in the order that survives a kill.
//!
//! 1. The row says that the file is deleted (its tombstone), and that is committed.
//! 2. The object is removed from the vault.
//! 3. The row says that it is removed.
//!
//! Killed between 1 and 2 or between 2 and 3, the next turn finds the row without its 3 and goes on from there. The
//! other order would leave rows whose bytes are gone, and the gate would answer 500.

use super::trash::lock;
use super::{DiscardCause, FileId, TRASH_LIFE, store};
use crate::background::More;
use crate::{Backend, Error};

/// Files of one step: short transactions, so that nobody waits long for the lock.
const BATCH: i64 = 200;

/// Moves one batch of expired files to the trash, where their project deletes expired files.
pub async fn discard_expired(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    // Looked for without the lock: it is a walk over whole projects, and people would wait for it.
    let found = store::govern::expired(&mut *backend.db.acquire().await?, now, None, BATCH).await?;
    if found.is_empty() {
        return Ok(More::Later);
    }
    let mut tx = backend.db.begin().await?;
    lock(&mut tx).await?;
    // Since then a hold may have been placed, or the rule changed.
    let ids = store::govern::expired(&mut tx, now, Some(&found), BATCH).await?;
    let reason = "The project's retention was over, and it deletes expired files.";
    store::govern::discard(&mut tx, &ids, None, DiscardCause::Retention, reason, now).await?;
    tx.commit().await?;
    tracing::info!(count = ids.len(), "expired files were moved to the trash");
    Ok(more(found.len()))
}

/// Makes tombstones of one batch of files whose time in the trash is over, and removes the bytes of one batch of
/// tombstones.
pub async fn delete_discarded(backend: &Backend) -> Result<More, Error> {
    let marked = mark_deleted(backend).await?;
    let removed = remove_bytes(backend).await?;
    Ok(more(marked.max(removed)))
}

async fn mark_deleted(backend: &Backend) -> Result<usize, Error> {
    let now = backend.clock.now();
    let Some(before) = now.checked_sub_signed(TRASH_LIFE) else {
        return Ok(0);
    };
    let mut tx = backend.db.begin().await?;
    lock(&mut tx).await?;
    let count = store::govern::mark_deleted(&mut tx, before, now, BATCH).await?;
    tx.commit().await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Steps 2 and 3.
async fn remove_bytes(backend: &Backend) -> Result<usize, Error> {
    let mut db = backend.db.acquire().await?;
    let ids = store::govern::bytes_to_remove(&mut db, BATCH).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let (vault, removing) = (backend.vault.clone(), ids.clone());
    let removed = tokio::task::spawn_blocking(move || remove_each(&vault, &removing))
        .await
        .map_err(Error::internal)?;
    let now = backend.clock.now();
    store::govern::set_bytes_removed(&mut db, &removed, now).await?;
    if removed.len() < ids.len() {
        return Err(Error::internal(
            "some deleted files' bytes could not be removed from the vault",
        ));
    }
    tracing::info!(count = removed.len(), "deleted files' bytes were removed");
    Ok(removed.len())
}

/// Those whose bytes are gone. One that the disk does not let go of must not keep the others.
fn remove_each(vault: &super::vault::Vault, ids: &[FileId]) -> Vec<FileId> {
    ids.iter()
        .copied()
        .filter(|id| match vault.remove(*id) {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(file = %id, %error, "a deleted file's bytes cannot be removed");
                false
            }
        })
        .collect()
}

fn more(count: usize) -> More {
    if i64::try_from(count).is_ok_and(|count| count < BATCH) {
        More::Later
    } else {
        More::Now
    }
}
