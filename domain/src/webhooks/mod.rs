//! Webhooks: what happens to sessions and files is told to the applications of a project.
//!
//! - What is to be told is written in the transaction in which it happens (the triggers of the migration do it, so that
//!   no way in can forget it). From there it becomes one delivery for each endpoint that wants it.
//! - A delivery is tried ten times within four days, with the same id and the same bytes, until the endpoint answers
//!   2xx. A process that dies on the way loses nothing; it may send something twice, never not at all (R159).
//! - An endpoint is turned off when it answers 410, or when nothing has come through for five days.
//! - A session is announced as ready once: when all that is expected of it is there, or when nothing came for a while.
//! - Payloads hold no secret; the addresses of files in them open nothing by themselves (R160).

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod delivery;
#[cfg(feature = "postgres")]
mod draft;
#[cfg(feature = "postgres")]
pub mod events;
#[cfg(feature = "postgres")]
pub mod expiring;
#[cfg(feature = "postgres")]
pub mod log;
#[cfg(feature = "postgres")]
pub mod payload;
#[cfg(feature = "postgres")]
pub mod ready;
pub mod schedule;
#[cfg(feature = "postgres")]
pub mod signature;
#[cfg(feature = "postgres")]
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[cfg(feature = "postgres")]
pub use self::draft::{EndpointDraft, SettingsDraft};
use crate::files::FileKind;
use crate::projects::ProjectId;
use crate::sessions::SessionId;

crate::id::id!(EndpointId);
crate::id::id!(DeliveryId);

/// What an endpoint can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// A session came into the vault: its call is over.
    SessionEnded,
    /// All that is expected of a session is there, or nothing came for a while. Once for each session.
    SessionReady,
    /// A file came that is not a transcoded recording.
    FileReady,
    /// A transcoded recording came.
    FileTranscoded,
    /// A file expires soon.
    FileExpiring,
    /// A file was moved to the trash.
    FileTrashed,
    /// A file came back from the trash.
    FileRestored,
    /// A file's bytes are deleted for good.
    FileDeleted,
    /// Somebody pressed the button.
    Test,
}

impl EventType {
    /// What can be chosen.
    pub const ALL: [Self; 8] = [
        Self::SessionEnded,
        Self::SessionReady,
        Self::FileReady,
        Self::FileTranscoded,
        Self::FileExpiring,
        Self::FileTrashed,
        Self::FileRestored,
        Self::FileDeleted,
    ];

    /// As payloads and the database have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionEnded => "session.ended",
            Self::SessionReady => "session.ready",
            Self::FileReady => "file.ready",
            Self::FileTranscoded => "file.transcoded",
            Self::FileExpiring => "file.expiring",
            Self::FileTrashed => "file.trashed",
            Self::FileRestored => "file.restored",
            Self::FileDeleted => "file.deleted",
            Self::Test => "webhook.test",
        }
    }

    /// For the person who chooses.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SessionEnded => "A session has ended: its first file came in.",
            Self::SessionReady => {
                "A session is ready: everything expected has come, or nothing more came for a while. Once for each session."
            }
            Self::FileReady => {
                "A file is ready: individual or live recording, chat, metadata, captions."
            }
            Self::FileTranscoded => "A transcoded recording is ready.",
            Self::FileExpiring => "A file expires soon.",
            Self::FileTrashed => "A file was moved to the trash.",
            Self::FileRestored => "A file was restored from the trash.",
            Self::FileDeleted => "A file was deleted for good.",
            Self::Test => "A test that somebody sent.",
        }
    }

    /// What this event is called in the EnableX form; None: that form has no word for it (compat.md 1.5).
    pub const fn enablex(self) -> Option<&'static str> {
        match self {
            Self::SessionEnded | Self::Test => Some("roomdrop"),
            Self::SessionReady => Some("recording"),
            Self::FileTranscoded => Some("transcoded"),
            _ => None,
        }
    }
}

impl std::str::FromStr for EventType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .chain([Self::Test])
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

/// How an endpoint is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Standard Webhooks 1.0.
    #[default]
    Standard,
    /// As the notification webhook of EnableX has it, for receivers that were written for it.
    Enablex,
}

impl Form {
    pub const ALL: [Self; 2] = [Self::Standard, Self::Enablex];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Enablex => "enablex",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Standard => "Standard Webhooks",
            Self::Enablex => "EnableX",
        }
    }

    /// Whether it has a word for the event.
    pub const fn has(self, event: EventType) -> bool {
        match self {
            Self::Standard => true,
            Self::Enablex => event.enablex().is_some(),
        }
    }
}

impl std::str::FromStr for Form {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|form| form.as_str() == text)
            .ok_or(())
    }
}

/// Why an endpoint is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum DisabledCause {
    /// Somebody turned it off.
    Manual,
    /// It answered 410.
    Gone,
    /// Nothing came through for five days.
    Failing,
}

impl DisabledCause {
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Manual => "Turned off by somebody.",
            Self::Gone => "Turned off by itself: the endpoint answered 410 Gone.",
            Self::Failing => "Turned off by itself: every delivery failed for five days.",
        }
    }
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It is being sent, or will be (again).
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was tried as often as the schedule says.
    Failed,
}

impl DeliveryState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

impl std::str::FromStr for DeliveryState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(())
    }
}

/// Where a project's events go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub id: EndpointId,
    pub project: ProjectId,
    pub url: String,
    pub description: String,
    pub form: Form,
    pub event_types: Vec<EventType>,
    /// Kinds of files of which [`EventType::FileReady`] tells.
    pub file_kinds: Vec<FileKind>,
    /// Of HTTP Basic.
    pub username: Option<String>,
    pub created_at: DateTime<Utc>,
    pub disabled: Option<(DateTime<Utc>, DisabledCause)>,
    /// Since when nothing came through.
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before this one signs as well.
    pub former_secret_until: Option<DateTime<Utc>>,
    /// Deliveries that wait.
    pub waiting: u64,
    pub last: Option<DeliverySummary>,
}

/// When a project's events are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSettings {
    /// Minutes without a further file after which a session counts as ready though something is missing.
    pub ready_after_minutes: u32,
    /// Hours before its expiry at which a file is announced.
    pub expiring_notice_hours: u32,
}

/// A row of the delivery log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverySummary {
    pub id: DeliveryId,
    pub event_type: EventType,
    pub session: Option<SessionId>,
    pub created_at: DateTime<Utc>,
    pub state: DeliveryState,
    pub attempts: u32,
    /// While it waits.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// Why there was none, or why it did not count.
    pub last_error: Option<String>,
}

/// One delivery with all that was sent and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryDetail {
    pub summary: DeliverySummary,
    pub endpoint: EndpointId,
    /// Nothing is sent to it, so that what waits is held.
    pub is_endpoint_off: bool,
    pub url: String,
    /// `webhook-id`: the same on every attempt.
    pub message_id: String,
    /// Exactly as sent.
    pub body: String,
    /// The first one first.
    pub attempts: Vec<Attempt>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub began_at: DateTime<Utc>,
    /// Milliseconds until the answer, or until it was given up.
    pub duration_ms: u64,
    /// Without the password of HTTP Basic.
    pub request_headers: Vec<(String, String)>,
    pub status: Option<u16>,
    pub reply_headers: Vec<(String, String)>,
    /// Its first 16 KiB as text, odd bytes replaced (R164).
    pub reply_body: String,
    pub is_reply_whole: bool,
    /// Why no answer came.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for event in EventType::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
        }
        for form in Form::ALL {
            assert_eq!(form.as_str().parse(), Ok(form));
        }
        for state in DeliveryState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
