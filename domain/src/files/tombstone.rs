//! Files as those see them who govern them: in the trash, as a tombstone, or one by one in their session.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{FileId, FileKind, FileState, TRASH_LIFE};
use crate::projects::{Hold, Policy, ProjectId};
use crate::sessions::SessionId;

/// Why a file was put into the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum DiscardCause {
    /// Somebody did it.
    Manual,
    /// It had expired, and its project deletes expired files.
    Retention,
}

/// Who put a file into the trash, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discard {
    pub at: DateTime<Utc>,
    pub cause: DiscardCause,
    /// Name of the member; None: the operator, or retention.
    pub by: Option<String>,
    pub reason: String,
}

/// A file in the trash, or the tombstone of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardedFile {
    pub id: FileId,
    pub kind: FileKind,
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Of the bytes, so that it can be said of a copy elsewhere that it was this file.
    pub sha256: Vec<u8>,
    pub session: SessionId,
    pub room: String,
    pub conference_number: String,
    pub discard: Discard,
    pub is_held: bool,
    /// Since then it is a tombstone.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl DiscardedFile {
    /// When its bytes are to be deleted, unless it is restored or held.
    pub fn deletion_due_at(&self) -> DateTime<Utc> {
        self.discard
            .at
            .checked_add_signed(TRASH_LIFE)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// A session's file with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GovernedFile {
    pub id: FileId,
    pub kind: FileKind,
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub state: FileState,
    /// Needs a credential even where its project is open.
    pub is_secure: bool,
    /// Until when anyone may have it who knows its address; None: nobody may now.
    pub open_until: Option<DateTime<Utc>>,
    pub discard: Option<Discard>,
    pub deleted_at: Option<DateTime<Utc>>,
}

/// A session with what was decided about it and its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GovernedSession {
    pub id: SessionId,
    pub project: ProjectId,
    pub project_name: String,
    pub policy: Policy,
    pub room: String,
    pub conference_number: String,
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// On this session.
    pub hold: Option<Hold>,
    /// On its whole project.
    pub project_hold: Option<Hold>,
    pub files: Vec<GovernedFile>,
}
