//! Intake: recordings that senders announce or leave in a folder, and that Reelgate fetches by itself.
//!
//! - A project has any number of sources. Each knows one sender: a LiveKit server, a BigBlueButton server, a Vonage
//!   project, an EnableX project, or a folder.
//! - An event is proved to come from its sender, stored without the secrets in it, and answered once that is committed.
//!   The rest is background work.
//! - Each file is expected once, by source, external id and file name, however often it is announced.
//! - A file that cannot be had is tried again until its sender deletes it; then people are told.
//! - What the file itself says counts, not what the event said of it.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod checks; // what a source may be
#[cfg(feature = "postgres")]
mod expecting;
#[cfg(feature = "postgres")]
pub mod fetching;
#[cfg(feature = "postgres")]
pub(crate) mod jwt;
#[cfg(feature = "postgres")]
pub mod notices;
#[cfg(feature = "postgres")]
mod place;
#[cfg(feature = "postgres")]
pub mod polling;
#[cfg(feature = "postgres")]
mod reader;
#[cfg(feature = "postgres")]
pub mod receiving;
#[cfg(feature = "postgres")]
mod redaction;
#[cfg(feature = "postgres")]
pub mod refusals;
mod rhythm;
#[cfg(feature = "postgres")]
pub mod senders;
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
mod watching;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[cfg(feature = "postgres")]
pub use self::redaction::redact;
pub use self::rhythm::Rhythm;
use crate::Secret;
use crate::projects::ProjectId;
use crate::sessions::SessionId;

crate::id::id!(SourceId);
crate::id::id!(EventId);
crate::id::id!(ItemId);

/// Every receiver is below this path: `/intake/<source>`.
pub const INTAKE_PREFIX: &str = "/intake";

/// Bytes of an event at most. The largest that senders are known to make have a few kilobytes.
pub const MAX_EVENT: usize = 256 * 1024;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    Livekit,
    Bigbluebutton,
    Vonage,
    Enablex,
    Folder,
}

impl SourceKind {
    pub const ALL: [Self; 5] = [
        Self::Livekit,
        Self::Bigbluebutton,
        Self::Vonage,
        Self::Enablex,
        Self::Folder,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Livekit => "livekit",
            Self::Bigbluebutton => "bigbluebutton",
            Self::Vonage => "vonage",
            Self::Enablex => "enablex",
            Self::Folder => "folder",
        }
    }

    /// As people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Livekit => "LiveKit Egress",
            Self::Bigbluebutton => "BigBlueButton",
            Self::Vonage => "Vonage / OpenTok",
            Self::Enablex => "EnableX",
            Self::Folder => "Watched folder",
        }
    }

    /// Whether its sender calls us.
    pub const fn has_receiver(self) -> bool {
        !matches!(self, Self::Folder)
    }

    /// Whether its sender can be asked what recordings there are.
    pub const fn can_be_polled(self) -> bool {
        matches!(self, Self::Bigbluebutton | Self::Enablex)
    }

    /// Whether its receiver's address has a secret part, since calls may come without a signature.
    pub const fn has_secret_address(self) -> bool {
        matches!(self, Self::Vonage | Self::Enablex)
    }
}

impl std::str::FromStr for SourceKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

/// What is no secret of a source. Which of these mean something depends on its kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceSettings {
    /// Scheme and host of the sender's API.
    pub server_url: String,
    /// LiveKit: API key. Vonage: API key of the project. EnableX: APP ID.
    pub api_key: String,
    /// User name that the sender's calls carry in Basic; empty for none.
    pub callback_user: String,
    /// Folder on the server where the sender's files lie; of a watched folder, that folder.
    pub folder: String,
    /// How paths of the sender begin that lie in `folder`, such as `/out/`.
    pub path_prefix: String,
    /// Where the sender's files are fetched by HTTP.
    pub files_url: String,
    /// User name for it; empty for none.
    pub files_user: String,
}

/// The secrets of a source. Never shown again; empty is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSecrets {
    /// LiveKit: API secret. BigBlueButton: shared secret. Vonage: API secret. EnableX: APP KEY.
    pub api: Secret,
    /// Password that the sender's calls carry in Basic.
    pub callback: Secret,
    /// Vonage: what signed callbacks are signed with.
    pub signature: Secret,
    /// Password for the files' address.
    pub files: Secret,
    /// The secret part of the receiver's address.
    pub address: Secret,
}

impl Default for SourceSecrets {
    fn default() -> Self {
        let none = || Secret::new("");
        Self {
            api: none(),
            callback: none(),
            signature: none(),
            files: none(),
            address: none(),
        }
    }
}

/// A source as somebody wishes it. An empty secret leaves the one that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDraft {
    pub name: String,
    pub settings: SourceSettings,
    pub secrets: SourceSecrets,
}

/// A source of a project, with how it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    pub project: ProjectId,
    pub kind: SourceKind,
    pub name: String,
    pub settings: SourceSettings,
    pub created_at: DateTime<Utc>,
    pub health: Health,
}

/// How a source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// When the last recording came in.
    pub last_recording: Option<DateTime<Utc>>,
    pub rhythm: Rhythm,
    /// Files that came in, of all time.
    pub done: u64,
    /// Files that are expected or being fetched.
    pub waiting: u64,
    /// Files that could not be had, of the last 30 days.
    pub failed: u64,
    /// When the last event came, whatever it said.
    pub last_event: Option<DateTime<Utc>>,
    /// Calls that did not prove where they come from: how many, and the last one.
    pub refusals: u64,
    pub refused: Option<RefusedCall>,
    /// When the sender was last asked, and why it did not answer well.
    pub polled_at: Option<DateTime<Utc>>,
    pub poll_failure: Option<String>,
}

/// What a health light shows, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Light {
    /// Files are lost or the sender does not answer.
    Failing,
    /// Nothing came for longer than usual.
    Quiet,
    Well,
    /// Nothing has come yet.
    New,
}

impl Health {
    pub const fn light(&self) -> Light {
        if self.failed > 0 || self.poll_failure.is_some() {
            Light::Failing
        } else if self.rhythm.is_quiet {
            Light::Quiet
        } else if self.last_recording.is_some() {
            Light::Well
        } else {
            Light::New
        }
    }
}

/// The last call that was turned away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCall {
    pub at: DateTime<Utc>,
    pub why: String,
    pub from: String,
}

/// What was done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
pub enum Verdict {
    /// Files are expected from it.
    Taken,
    /// It tells of nothing that can be fetched.
    Ignored,
    /// The sender says that it failed.
    Failed,
}

/// An event that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    pub id: EventId,
    pub name: String,
    pub external_id: String,
    /// JSON, without what was secret in it.
    pub payload: String,
    pub verdict: Verdict,
    pub reason: Option<String>,
    pub received_at: DateTime<Utc>,
    /// How often it came again.
    pub repeats: u32,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
pub enum ItemState {
    Waiting,
    Fetching,
    Done,
    Failed,
}

/// A file that is or was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: ItemId,
    pub file_name: String,
    pub external_id: String,
    pub room: String,
    pub conference_number: String,
    pub state: ItemState,
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub due_at: DateTime<Utc>,
    pub reason: Option<String>,
    /// When the sender deletes its copy.
    pub expires_at: Option<DateTime<Utc>>,
    pub announced_at: DateTime<Utc>,
    pub done_at: Option<DateTime<Utc>>,
    pub session: Option<SessionId>,
}

/// One source in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceDetail {
    pub source: Source,
    /// Path and query of its receiver.
    pub receiver: Option<String>,
    /// Which secrets it has, by the name of the field.
    pub has_secrets: Vec<String>,
    /// Newest first, those that failed or wait before those that are done.
    pub items: Vec<Item>,
    /// Newest first.
    pub events: Vec<StoredEvent>,
}
