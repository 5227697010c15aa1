//! Sessions: conducted calls, each in a room under a conference number; the Recordings report; one in full; how they come in.
//!
//! - Room and conference number together are unique in a project.
//! - The report counts exactly up to a limit; a total above [`SessionFilter::count_limit`] means "more than that".
//! - The report lists sessions with their files, newest first unless asked otherwise.
//! - The import takes whole sessions: either all sound files of one are in, or none. A delivery takes one file.

#[cfg(feature = "postgres")]
pub mod actions;
pub mod completeness; // what should have come with a session and has not
#[cfg(feature = "postgres")]
pub mod delivery; // one file from anywhere
pub mod description; // title and tags
pub mod detail; // one session in full
#[cfg(feature = "postgres")]
pub mod documents;
#[cfg(feature = "postgres")]
pub mod history; // by place in a list
#[cfg(feature = "postgres")]
pub mod import;
pub mod metadata; // participants and events
#[cfg(feature = "postgres")]
mod names;
#[cfg(feature = "postgres")]
pub mod posters;
#[cfg(feature = "postgres")]
mod recording; // what import and delivery end with
pub mod script; // chat and captions
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
pub mod usage;
pub mod words;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::files::{FileKind, FileSummary};
use crate::projects::ProjectId;

crate::id::id!(SessionId);

/// A session as the report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    pub id: SessionId,
    pub project: ProjectId,
    pub project_name: String,
    pub room: String,
    pub conference_number: String,
    /// What people call it; None until somebody gave it a title.
    pub title: Option<String>,
    pub tags: Vec<String>,
    /// There is a picture of it.
    pub has_poster: bool,
    pub started_at: DateTime<Utc>,
    /// As the metadata has it, or else by the duration.
    pub ended_at: DateTime<Utc>,
    /// Milliseconds, of the longest recording or from start to end.
    pub duration_ms: u64,
    /// Bytes of all files.
    pub size: u64,
    /// Recordings first, by kind and name.
    pub files: Vec<FileSummary>,
}

/// How the report is sorted. Each order is a total one: ties go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionOrder {
    #[default]
    Newest,
    Oldest,
    Longest,
    Largest,
}

impl SessionOrder {
    pub const ALL: [Self; 4] = [Self::Newest, Self::Oldest, Self::Longest, Self::Largest];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Longest => "longest",
            Self::Largest => "largest",
        }
    }
}

impl std::str::FromStr for SessionOrder {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|order| order.as_str() == text)
            .ok_or(())
    }
}

/// What the report is narrowed to. Everything empty is everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionFilter {
    pub project: Option<ProjectId>,
    /// Exactly this room.
    pub room: Option<String>,
    /// Exactly this conference number.
    pub conference_number: Option<String>,
    /// Sessions that started at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Sessions that started before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Sessions with a file of one of these kinds; empty is any.
    pub kinds: Vec<FileKind>,
    /// A part of room, conference number, title or a tag; or words of the participants and the chat, or how they
    /// begin. Case and accents do not matter.
    pub text: Option<String>,
}

impl SessionFilter {
    /// Nothing can match: PostgreSQL's texts hold no NUL, and it cannot even be asked for one.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_hopeless(&self) -> bool {
        [&self.text, &self.room, &self.conference_number]
            .into_iter()
            .flatten()
            .any(|text| text.contains('\0'))
    }

    /// Up to here the sessions of a filter are counted. A total above it means "more than this": exact numbers in the
    /// hundreds of thousands would cost more than the page that shows them, and of a search nobody reads on that far.
    pub const fn count_limit(&self) -> u64 {
        if self.text.is_some() { 100 } else { 10_000 }
    }
}
