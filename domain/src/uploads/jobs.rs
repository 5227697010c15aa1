//! Background work on uploads: those whose time is over go, with their bytes.

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{UploadId, actions, store};
use crate::background::More;
use crate::files::vault::Vault;
use crate::{Backend, Error};

/// Uploads of one step.
const BATCH: i64 = 100;

/// Removes one batch of expired uploads, and every part that no upload needs.
pub async fn expire(backend: &Backend) -> Result<More, Error> {
    let now = backend.clock.now();
    let expired = store::expired(&mut *backend.db.acquire().await?, now, BATCH).await?;
    let mut removed = 0;
    for id in &expired {
        if is_idle(backend, *id).await? {
            actions::delete(backend, *id).await?;
            removed += 1;
        }
    }
    if removed > 0 {
        tracing::info!(count = removed, "expired uploads were removed");
    }
    remove_useless_parts(backend).await?;
    // Those that somebody is writing to get a later end by that, and would be found again and again until then.
    Ok(
        if removed > 0 && i64::try_from(expired.len()).is_ok_and(|count| count == BATCH) {
            More::Now
        } else {
            More::Later
        },
    )
}

/// Whether nobody is writing to it.
async fn is_idle(backend: &Backend, id: UploadId) -> Result<bool, Error> {
    let (vault, id) = (backend.vault.clone(), *id.as_uuid());
    spawn_blocking(move || match vault.lock_part(id) {
        Ok(locked) => Ok(locked.is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Error::internal(error)),
    })
    .await
    .map_err(Error::internal)?
}

/// Parts of uploads that have ended, and of ones that a database restored from a backup does not know.
async fn remove_useless_parts(backend: &Backend) -> Result<(), Error> {
    let vault = backend.vault.clone();
    let parts = spawn_blocking(move || vault.part_ids())
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    if parts.is_empty() {
        return Ok(());
    }
    let useless = store::useless(&mut *backend.db.acquire().await?, &parts).await?;
    let vault = backend.vault.clone();
    spawn_blocking(move || remove_each(&vault, &useless))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)
}

fn remove_each(vault: &Vault, parts: &[Uuid]) -> std::io::Result<()> {
    for &part in parts {
        vault.remove_part(part)?;
    }
    Ok(())
}
