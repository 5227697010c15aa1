//! Session files: individual, live and transcoded recordings, chat, metadata, captions, logs.
//!
//! - A file belongs to one session and has one name there. Its bytes never change once it is in the vault.
//! - Its address is `/files/<account>/<file>/<name>`: one prefix for all files of an account.
//! - Its life may end: it expires with its project's retention, it is put into the trash, and 30 days later its bytes
//!   are deleted. The row stays as a tombstone, so nothing brings the file back under its address.
//! - Its strong ETag is the SHA-256 of its bytes, so it is the same on every node and after every restart.

#[cfg(feature = "postgres")]
pub mod actions;
pub mod commands;
#[cfg(feature = "postgres")]
pub mod jobs;
mod lifecycle;
#[cfg(feature = "postgres")]
pub mod media;
#[cfg(feature = "postgres")]
pub(crate) mod store;
mod tombstone;
#[cfg(feature = "postgres")]
pub mod trash;
#[cfg(feature = "postgres")]
pub mod vault;
#[cfg(feature = "postgres")]
pub mod view; // addresses that open one file for a while

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::lifecycle::{FileState, Lifecycle, Openness, TRASH_LIFE};
pub use self::tombstone::{Discard, DiscardCause, DiscardedFile, GovernedFile, GovernedSession};
use crate::accounts::AccountId;

crate::id::id!(FileId);

/// What a session file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "postgres",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// One participant's stream.
    Individual,
    /// The mix that was recorded while the call went on.
    Live,
    /// The mix that was made afterwards.
    Transcoded,
    /// The chat script.
    Chat,
    /// Participants and events.
    Metadata,
    /// What is said in the recordings, as text with times.
    Captions,
    /// What the scenario of the call wrote while it ran.
    Log,
}

impl FileKind {
    pub const ALL: [Self; 7] = [
        Self::Individual,
        Self::Live,
        Self::Transcoded,
        Self::Chat,
        Self::Metadata,
        Self::Captions,
        Self::Log,
    ];
    /// The kinds that the report filters by.
    pub const RECORDINGS: [Self; 3] = [Self::Individual, Self::Live, Self::Transcoded];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Live => "live",
            Self::Transcoded => "transcoded",
            Self::Chat => "chat",
            Self::Metadata => "metadata",
            Self::Captions => "captions",
            Self::Log => "log",
        }
    }

    /// Its bit in a session's set of kinds; SQL has the same table in `file_kind_bit`.
    pub const fn bit(self) -> i16 {
        match self {
            Self::Individual => 1,
            Self::Live => 2,
            Self::Transcoded => 4,
            Self::Chat => 8,
            Self::Metadata => 16,
            Self::Log => 32,
            Self::Captions => 64,
        }
    }

    /// The kind and content type of a file of this name in a delivery folder, or why it has none
    /// (compat.md 1.6 and 1.11: individual `.mkv .mov .webm`, live and transcoded `.mp4`).
    pub fn classify(name: &str) -> Result<(Self, &'static str), &'static str> {
        let lower = name.to_ascii_lowercase();
        let (stem, extension) = lower.rsplit_once('.').ok_or("it has no extension")?;
        match (stem, extension) {
            ("chat" | "chatdata", "json") => Ok((Self::Chat, "application/json")),
            ("chat" | "chatdata", "txt") => Ok((Self::Chat, "text/plain")),
            ("metadata", "json") => Ok((Self::Metadata, "application/json")),
            (_, "json") => Err("only chat.json, chatdata.json and metadata.json are session files"),
            (stem, "mp4") if stem.contains("live") => Ok((Self::Live, "video/mp4")),
            (stem, "mp4") if stem.contains("individual") => Ok((Self::Individual, "video/mp4")),
            (_, "mp4") => Ok((Self::Transcoded, "video/mp4")),
            (stem, "mov") if stem.contains("transcoded") => {
                Ok((Self::Transcoded, "video/quicktime"))
            }
            (_, "mov") => Ok((Self::Individual, "video/quicktime")),
            (_, "mkv") => Ok((Self::Individual, "video/x-matroska")),
            (_, "webm") => Ok((Self::Individual, "video/webm")),
            (_, "vtt") => Ok((Self::Captions, "text/vtt")),
            (_, "log") | ("log", "txt") => Ok((Self::Log, "text/plain")),
            _ => Err("its extension is none of mkv, mov, webm, mp4, json, vtt, log"),
        }
    }
}

impl FileKind {
    /// The content type of a file of this name that is said to be of this kind, or why it cannot be.
    pub fn content_type_of(self, name: &str) -> Result<&'static str, &'static str> {
        let lower = name.to_ascii_lowercase();
        let (_, extension) = lower.rsplit_once('.').ok_or("it has no extension")?;
        match (self, extension) {
            (Self::Individual | Self::Live | Self::Transcoded, "mp4") => Ok("video/mp4"),
            (Self::Individual | Self::Live | Self::Transcoded, "mov") => Ok("video/quicktime"),
            (Self::Individual | Self::Live | Self::Transcoded, "mkv") => Ok("video/x-matroska"),
            (Self::Individual | Self::Live | Self::Transcoded, "webm") => Ok("video/webm"),
            (Self::Individual | Self::Live | Self::Transcoded, _) => {
                Err("a recording's extension is one of mkv, mov, webm, mp4")
            }
            (Self::Chat | Self::Metadata, "json") => Ok("application/json"),
            (Self::Chat, "txt") | (Self::Log, "log" | "txt") => Ok("text/plain"),
            (Self::Chat, _) => Err("a chat's extension is json or txt"),
            (Self::Metadata, _) => Err("a metadata file's extension is json"),
            (Self::Captions, "vtt") => Ok("text/vtt"),
            (Self::Captions, _) => Err("a caption file's extension is vtt"),
            (Self::Log, _) => Err("a log's extension is log or txt"),
        }
    }
}

impl std::str::FromStr for FileKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

/// A session file as the report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSummary {
    pub id: FileId,
    pub kind: FileKind,
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Milliseconds; None for files that do not play.
    pub duration_ms: Option<u64>,
    /// Pixels, width and height of the picture; None for sound and text.
    pub dimensions: Option<(u32, u32)>,
    pub state: FileState,
    /// A legal hold keeps it from expiring and from being deleted.
    pub is_held: bool,
    /// Until when anyone may have it who knows its address; None: nobody may now.
    pub open_until: Option<DateTime<Utc>>,
}

/// The path of a file's address. The name is percent-encoded: unreserved characters stay.
pub fn file_path(account: AccountId, file: FileId, name: &str) -> String {
    let mut path = format!("{FILES_PREFIX}/{account}/{file}/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

/// Every file of every account is reached below this path.
pub const FILES_PREFIX: &str = "/files";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_delivery_layout_are_classified() {
        let kind = |name| FileKind::classify(name).map(|(kind, _)| kind).ok();
        assert_eq!(
            kind("individual_recording_1.mkv"),
            Some(FileKind::Individual)
        );
        assert_eq!(
            kind("individual_recording_2.mov"),
            Some(FileKind::Individual)
        );
        assert_eq!(kind("room.webm"), Some(FileKind::Individual));
        assert_eq!(kind("transcoded.mp4"), Some(FileKind::Transcoded));
        assert_eq!(kind("transcoded.mov"), Some(FileKind::Transcoded));
        assert_eq!(kind("Live_Recording.MP4"), Some(FileKind::Live));
        assert_eq!(kind("chat.json"), Some(FileKind::Chat));
        assert_eq!(kind("chatdata.json"), Some(FileKind::Chat));
        assert_eq!(kind("metadata.json"), Some(FileKind::Metadata));
        assert_eq!(kind("chat.txt"), Some(FileKind::Chat));
        assert_eq!(kind("transcoded.en.vtt"), Some(FileKind::Captions));
        for unknown in ["notes.txt", "other.json", "README", "x.html"] {
            assert_eq!(kind(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_kind_that_is_said_must_fit_the_name() {
        let of = |kind: FileKind, name| kind.content_type_of(name).ok();
        assert_eq!(of(FileKind::Live, "a.mkv"), Some("video/x-matroska"));
        assert_eq!(of(FileKind::Individual, "A.MP4"), Some("video/mp4"));
        assert_eq!(of(FileKind::Chat, "talk.json"), Some("application/json"));
        for (kind, name) in [
            (FileKind::Live, "chat.json"),
            (FileKind::Chat, "a.mp4"),
            (FileKind::Metadata, "metadata.txt"),
            (FileKind::Captions, "a.mp4"),
            (FileKind::Live, "mp4"),
        ] {
            assert_eq!(of(kind, name), None, "{name}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_the_address() {
        let id = FileId::from_uuid(uuid::Uuid::nil());
        let account = AccountId::from_uuid(uuid::Uuid::nil());
        let path = file_path(account, id, "../a b/ü?#.mp4");
        assert!(path.ends_with("/..%2Fa%20b%2F%C3%BC%3F%23.mp4"), "{path}");
    }
}
