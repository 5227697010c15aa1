//! What can be done with session files.

use chrono::{DateTime, Utc};

use super::{FileId, FileKind, Lifecycle, store};
use crate::accounts::AccountId;
use crate::projects::Policy;
use crate::{Backend, Error};

/// A file that the gate may serve: what its headers say, and where its bytes are (`Vault::read`).
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub id: FileId,
    pub account: AccountId,
    pub name: String,
    pub kind: FileKind,
    /// From the closed set of `FileKind::classify`.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    /// Of the bytes; they never change.
    pub sha256: [u8; 32],
    /// When it came into the vault.
    pub created_at: DateTime<Utc>,
    pub lifecycle: Lifecycle,
    /// Of its project.
    pub policy: Policy,
}

/// The file at an address, if account, id and name all belong together. Locating is not allowing: the gate decides
/// after this, and tells nobody without a valid proof whether there is a file.
pub async fn locate(
    backend: &Backend,
    account: AccountId,
    file: FileId,
    name: &str,
) -> Result<Option<StoredFile>, Error> {
    let Some(row) = store::find(&mut *backend.db.acquire().await?, file).await? else {
        return Ok(None);
    };
    if row.account != account || row.name != name {
        return Ok(None);
    }
    let policy = row.policy();
    let sha256 = row
        .sha256
        .try_into()
        .map_err(|_| Error::internal("a stored SHA-256 does not have 32 bytes"))?;
    Ok(Some(StoredFile {
        id: row.id,
        account: row.account,
        name: row.name,
        kind: row.kind,
        content_type: row.content_type,
        size: row.size_bytes.cast_unsigned(),
        sha256,
        created_at: row.created_at,
        lifecycle: Lifecycle {
            session_ended_at: row.session_ended_at,
            is_secure: row.is_secure,
            is_held: row.is_held,
            is_trashed: row.is_trashed,
            is_deleted: row.is_deleted,
        },
        policy,
    }))
}
