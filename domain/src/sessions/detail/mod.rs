//! One session in full: what its page shows.
//!
//! - Whoever sees it must be allowed to open its files: the page tells what was said in them.
//! - Chat, captions and metadata are read up to a bound from the vault; a file that makes no sense is told, and the
//!   rest of the page is not harmed.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::SessionId;
use super::completeness::Gap;
use super::metadata::Metadata;
use super::script::Script;
use crate::files::{FileId, FileSummary};

/// A session with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDetail {
    pub id: SessionId,
    pub project_name: String,
    pub room: String,
    pub conference_number: String,
    /// What people call it, if somebody gave it a title.
    pub title: Option<String>,
    pub tags: Vec<String>,
    pub started_at: DateTime<Utc>,
    /// As the metadata has it, or else by the duration.
    pub ended_at: DateTime<Utc>,
    /// Milliseconds, of the longest recording or from start to end.
    pub duration_ms: u64,
    /// Bytes of all files.
    pub size: u64,
    /// Recordings first, by kind and name.
    pub files: Vec<FileSummary>,
    /// When the recording began, if the metadata says it: what moments are counted from.
    pub recording_started_at: Option<DateTime<Utc>>,
    pub chat: Read<Script>,
    pub metadata: Read<Metadata>,
    /// One for each captions file.
    pub captions: Vec<(FileId, Script)>,
    /// What should have come and has not.
    pub gaps: Vec<Gap>,
}

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Read<T> {
    /// There is no such file.
    Absent,
    /// The file is there, and this is what it says.
    Understood(FileId, T),
    /// The file is there and makes no sense, or its bytes cannot be read now.
    Unreadable(FileId),
}

impl<T> Read<T> {
    pub const fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Understood(_, value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }
}
