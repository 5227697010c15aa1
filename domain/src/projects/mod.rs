//! Projects: what the report's drop-down selects, and the unit of policies.
//!
//! - A project is secure unless somebody decides otherwise: every file needs a credential. An open project's files are
//!   open to anyone for a public window after each session's end, except those that are marked secure.
//! - Files are kept for ever, or expire some hours after their session's end. An expired file is not opened any more;
//!   its bytes are deleted only where the project says so, and then by way of the trash.
//! - A legal hold on a session or a project stops expiry and deletion.
//! - A project may limit the size of a file that is sent in, and of all its files together.
//! - An archived project takes no imports and stands in no drop-down. Nothing of it is deleted or closed.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod holds;
#[cfg(feature = "postgres")]
pub mod numbered;
#[cfg(feature = "postgres")]
pub mod policies;
mod policy;
#[cfg(feature = "postgres")]
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::policy::{MAX_PUBLIC_HOURS, MAX_RETENTION_HOURS, PRESET_HOURS, Policy};
#[cfg(feature = "postgres")]
pub(crate) use self::store::hold as hold_of_row;
use crate::sessions::SessionId;

crate::id::id!(ProjectId);
crate::id::id!(HoldId);

/// A project of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    pub name: String,
    pub is_archived: bool,
}

/// A project with what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GovernedProject {
    pub id: ProjectId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub archived_at: Option<DateTime<Utc>>,
    pub policy: Policy,
    pub limits: Limits,
    /// The legal hold that stands on the whole project.
    pub hold: Option<Hold>,
    pub holdings: Holdings,
}

/// How much a project takes of what is sent in. The operator's import is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of one file; None: any.
    pub file_bytes: Option<u64>,
    /// Bytes of all files together; None: any.
    pub total_bytes: Option<u64>,
}

/// What a project has in the vault. Deleted files do not count, those in the trash do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holdings {
    pub sessions: u64,
    pub files: u64,
    /// Of them, those that are marked secure.
    pub secure_files: u64,
    pub bytes: u64,
}

/// A legal hold that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub id: HoldId,
    pub reason: String,
    pub placed_at: DateTime<Utc>,
    /// Name of the member; None: the operator.
    pub placed_by: Option<String>,
}

/// What a legal hold stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldTarget {
    Project(ProjectId),
    Session(SessionId),
}

/// Who may open files without a credential: secure mode, and without it the public window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub is_secure: bool,
    /// Hours after a session's end.
    pub public_hours: u32,
}

/// How long files are kept, as somebody wishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Hours after a session's end; None: for ever.
    pub hours: Option<u32>,
    /// Also delete expired files' bytes, by way of the trash. Means nothing without `hours`.
    pub deletes_bytes: bool,
}

/// What a retention would do if it were saved now: the dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RetentionForecast {
    /// Files that can be opened today and would have expired.
    pub expiring_files: u64,
    /// Bytes of them.
    pub expiring_bytes: u64,
    /// When the earliest of their sessions ended.
    pub oldest: Option<DateTime<Utc>>,
    /// Files that have expired today and could be opened again.
    pub returning_files: u64,
    /// Files that would expire if no legal hold kept them.
    pub held_files: u64,
    /// Expired files, then, that would be moved to the trash.
    pub trashing_files: u64,
    /// Bytes of them.
    pub trashing_bytes: u64,
}
