//! API secrets: how a program proves that it is an application of a project.
//!
//! - A project has one API identifier, which is no secret, and any number of secrets. Both go over Basic.
//! - A secret is shown once. What is kept is its hash, its last characters, and when and from where it was used last.
//! - A secret reads. That it may also write, delete, open and close files to everybody, or manage the account's access
//!   credentials is said when it is made, and nobody gives a right that they do not have.
//! - The account says from where its APIs may be called, and how often in an hour.

#[cfg(feature = "postgres")]
pub mod actions;
pub mod commands;
mod limits;
#[cfg(feature = "postgres")]
pub mod lying;
#[cfg(feature = "postgres")]
pub mod replays;
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
pub mod verification;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::limits::{AllowList, MAX_HOURLY_QUOTA};
use crate::projects::ProjectId;

crate::id::id!(ApiSecretId);

/// What a secret may do beside reading its project's sessions and access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a right of its own, as the row has them"
)]
pub struct ApiRights {
    /// Deliver files, describe sessions, and manage webhooks.
    pub may_write: bool,
    /// Move files to the trash and back.
    pub may_delete: bool,
    /// Say who can open the project's files without a credential: secure mode, and the mark of single files.
    pub may_set_access: bool,
    /// Rotate and revoke the access credentials, which are the whole account's.
    pub may_manage_credentials: bool,
}

/// A secret as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiSecret {
    pub id: ApiSecretId,
    pub project: ProjectId,
    /// What people call it.
    pub name: String,
    /// Its last characters.
    pub hint: String,
    pub rights: ApiRights,
    pub created_at: DateTime<Utc>,
    /// Name of the member; None: the operator.
    pub created_by: Option<String>,
    /// To the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    pub last_used_from: Option<String>,
    /// When it was first seen in the query of an address: it should be replaced.
    pub exposed_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A secret that was just made.
#[derive(Debug, Clone)]
pub struct MadeApiSecret {
    pub id: ApiSecretId,
    pub project: ProjectId,
    /// Of the project.
    pub identifier: String,
    pub name: String,
    /// Exists here alone; afterwards there is only its hash.
    pub secret: crate::Secret,
}

/// The APIs of an account: its projects' identifiers and secrets, and what limits them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiAccess {
    /// By name.
    pub projects: Vec<ProjectAccess>,
    pub allow_list: AllowList,
    /// Requests in an hour.
    pub hourly_quota: u32,
    /// Requests in this hour (UTC), refused ones included.
    pub used: u64,
    /// When the next hour begins.
    pub renews_at: DateTime<Utc>,
}

/// What an application has used of its account's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiUse {
    /// Requests in an hour.
    pub hourly_quota: u32,
    /// Requests of the whole account in this hour (UTC), refused ones included.
    pub used: u64,
    /// When the next hour begins.
    pub renews_at: DateTime<Utc>,
}

/// A project's identifier and its secrets, latest first, revoked ones last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectAccess {
    pub project: ProjectId,
    pub name: String,
    pub is_archived: bool,
    pub identifier: String,
    pub secrets: Vec<ApiSecret>,
}
