//! What can be done with session files.

use chrono::{DateTime, Utc};

use super::{FileId, FileKind, FileState, Lifecycle, store};
use crate::accounts::AccountId;
use crate::projects::{Policy, ProjectId};
use crate::sessions::SessionId;
use crate::{Actor, Backend, Error, Permission};

/// A file that the gate may serve: what its headers say, and where its bytes are (`Vault::read`).
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub id: FileId,
    pub account: AccountId,
    pub project: ProjectId,
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
    let asked = async {
        let mut db = backend.db.acquire().await?;
        Ok::<_, Error>(store::find(&mut db, file).await?)
    };
    let Some(row) = backend.recent.files.get(&file, asked).await? else {
        return Ok(None);
    };
    if row.account != account || row.name != name {
        return Ok(None);
    }
    stored(row).map(Some)
}

/// One file of the account, for a page that is about it. Not found: there is none, or it is another account's.
pub async fn get(backend: &Backend, actor: &Actor, file: FileId) -> Result<StoredFile, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    store::find(&mut *backend.db.acquire().await?, file)
        .await?
        .filter(|row| row.account == scope.account && scope.covers(row.project))
        .map(stored)
        .ok_or(Error::NotFound("file"))?
}

/// A file of a bundle, and whence it comes.
#[derive(Debug, Clone)]
pub struct BundledFile {
    pub file: StoredFile,
    pub room: String,
    pub conference_number: String,
    /// When its session started.
    pub started_at: DateTime<Utc>,
}

/// Files in one bundle.
pub const LARGEST_BUNDLE: usize = 5_000;

/// These files and all files of these sessions, each once, by session and name. What is not the account's is not there.
pub async fn bundle(
    backend: &Backend,
    actor: &Actor,
    sessions: &[SessionId],
    files: &[FileId],
) -> Result<Vec<BundledFile>, Error> {
    actor.scope(Permission::SeeRecordings)?;
    let scope = actor.scope(Permission::OpenFiles)?;
    let limit = i64::try_from(LARGEST_BUNDLE + 1).unwrap_or(i64::MAX);
    let mut db = backend.db.acquire().await?;
    let bundled = store::bundle(&mut db, scope, sessions, files, limit).await?;
    if bundled.is_empty() {
        return Err(Error::invalid(
            "session",
            "Choose at least one session or file.",
        ));
    }
    if bundled.len() > LARGEST_BUNDLE {
        return Err(Error::invalid(
            "session",
            "These are more than 5,000 files. Choose fewer at once.",
        ));
    }
    let mut there = Vec::with_capacity(bundled.len());
    for row in bundled {
        let file = stored(row.file)?;
        // What the gate would answer with 410 is in no bundle either.
        if file.lifecycle.state(&file.policy, backend.clock.now()) == FileState::There {
            there.push(BundledFile {
                file,
                room: row.room,
                conference_number: row.conference_number,
                started_at: row.started_at,
            });
        }
    }
    if there.is_empty() {
        return Err(Error::invalid(
            "session",
            "None of these files is there any more: they have expired or were deleted.",
        ));
    }
    Ok(there)
}

/// A file with all that is known of it.
#[derive(Debug, Clone)]
pub struct FileDetail {
    pub file: StoredFile,
    pub session: SessionId,
    /// Milliseconds; None for files that do not play.
    pub duration_ms: Option<u64>,
    /// Pixels, width and height of the picture.
    pub dimensions: Option<(u32, u32)>,
    /// As of now.
    pub state: FileState,
}

/// These files and all files of these sessions, each once, by session and name, whatever has become of them. What the
/// caller does not reach is not there.
pub async fn describe(
    backend: &Backend,
    actor: &Actor,
    sessions: &[SessionId],
    files: &[FileId],
) -> Result<Vec<FileDetail>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let rows = store::bundle(&mut db, scope, sessions, files, i64::MAX).await?;
    let detail = |row: store::BundledRow| {
        let file = stored(row.file)?;
        Ok(FileDetail {
            session: row.session,
            duration_ms: row.duration_ms.map(i64::cast_unsigned),
            dimensions: row.dimensions,
            state: file.lifecycle.state(&file.policy, now),
            file,
        })
    };
    rows.into_iter().map(detail).collect()
}

fn stored(row: store::FileRow) -> Result<StoredFile, Error> {
    let policy = row.policy();
    let sha256 = row
        .sha256
        .try_into()
        .map_err(|_| Error::internal("a stored SHA-256 does not have 32 bytes"))?;
    Ok(StoredFile {
        id: row.id,
        account: row.account,
        project: row.project,
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
    })
}
