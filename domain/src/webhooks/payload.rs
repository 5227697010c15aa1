//! What is sent, in both forms. Pure; docs/webhooks.md shows samples, and a test compares them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::EventType;
use crate::accounts::AccountId;
use crate::files::{FileId, FileKind, file_path};
use crate::projects::ProjectId;
use crate::sessions::SessionId;

/// Bytes of a payload at most: Standard Webhooks asks for less than 20 kB (R160).
pub const MAX_BYTES: usize = 18_000;

/// What happened, with all that is told of it.
#[derive(Debug, Clone)]
pub struct Happened {
    pub event: EventType,
    pub at: DateTime<Utc>,
    pub account: AccountId,
    pub project: AboutProject,
    /// None for a test.
    pub session: Option<AboutSession>,
    /// The file of a file's event; all files of a session that is ready.
    pub files: Vec<AboutFile>,
    pub detail: Detail,
}

#[derive(Debug, Clone)]
pub struct AboutProject {
    pub id: ProjectId,
    pub name: String,
    /// Its API identifier, which the EnableX form calls `app_id`.
    pub identifier: String,
}

#[derive(Debug, Clone)]
pub struct AboutSession {
    pub id: SessionId,
    pub room: String,
    pub conference_number: String,
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    pub duration_ms: i64,
}

#[derive(Debug, Clone)]
pub struct AboutFile {
    pub id: FileId,
    pub kind: FileKind,
    pub name: String,
    pub content_type: String,
    pub size_bytes: i64,
    pub sha256: Vec<u8>,
    pub duration_ms: Option<i64>,
    /// Its place among the session's files of its kind by name, from 1.
    pub stage: i64,
    pub is_deleted: bool,
}

/// What rows do not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// Of a session that is ready: what is expected and not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// Of a file that expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Something that is expected of a session and not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// `recording`, `individual`, `chat` or `metadata`.
    pub kind: String,
    /// Of an individual recording, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    r#type: &'static str,
    timestamp: DateTime<Utc>,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    project: Project<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Session<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<File<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    ready: Option<Ready<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

#[derive(Serialize)]
struct Project<'a> {
    id: ProjectId,
    name: &'a str,
}

#[derive(Serialize)]
struct Session<'a> {
    id: SessionId,
    room: &'a str,
    conference_number: &'a str,
    started_at: DateTime<Utc>,
    ended_at: DateTime<Utc>,
    duration_ms: i64,
}

#[derive(Serialize)]
struct File<'a> {
    id: FileId,
    kind: FileKind,
    name: &'a str,
    content_type: &'a str,
    size_bytes: i64,
    sha256: String,
    duration_ms: Option<i64>,
    /// Absent when its bytes are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Ready<'a> {
    is_complete: bool,
    missing: &'a [Missing],
    /// Of the session; `files` has fewer where the payload would grow too large.
    file_count: usize,
    files: Vec<File<'a>>,
}

/// The payload as Standard Webhooks recommends it: `type`, `timestamp`, `data`.
pub fn standard(happened: &Happened, public_url: &str) -> String {
    let mut listed = happened.files.len();
    loop {
        let text = standard_with(happened, public_url, listed);
        if text.len() <= MAX_BYTES || listed == 0 {
            return text;
        }
        // By how much it is too long, and then some: a few turns at most.
        listed = (listed * MAX_BYTES / text.len()).min(listed - 1);
    }
}

fn standard_with(happened: &Happened, public_url: &str, listed: usize) -> String {
    let file = |about| file(happened.account, about, public_url);
    let is_of_file = happened.session.is_some()
        && !matches!(
            happened.event,
            EventType::SessionEnded | EventType::SessionReady
        );
    let data = Data {
        project: Project {
            id: happened.project.id,
            name: &happened.project.name,
        },
        session: happened.session.as_ref().map(|session| Session {
            id: session.id,
            room: &session.room,
            conference_number: &session.conference_number,
            started_at: session.started_at,
            ended_at: session.ended_at,
            duration_ms: session.duration_ms,
        }),
        file: happened.files.first().filter(|_| is_of_file).map(file),
        expires_at: happened.detail.expires_at,
        ready: (happened.event == EventType::SessionReady).then(|| Ready {
            is_complete: happened.detail.missing.is_empty(),
            missing: &happened.detail.missing,
            file_count: happened.files.len(),
            files: happened.files.iter().take(listed).map(file).collect(),
        }),
        message: (happened.event == EventType::Test)
            .then_some("This is a test from Reelgate. Nothing happened."),
    };
    let envelope = Envelope {
        r#type: happened.event.as_str(),
        timestamp: happened.at,
        data,
    };
    serde_json::to_string(&envelope).expect("texts and numbers are JSON")
}

fn file<'a>(account: AccountId, about: &'a AboutFile, public_url: &str) -> File<'a> {
    File {
        id: about.id,
        kind: about.kind,
        name: &about.name,
        content_type: &about.content_type,
        size_bytes: about.size_bytes,
        sha256: about.sha256.iter().map(|b| format!("{b:02x}")).collect(),
        duration_ms: about.duration_ms,
        url: (!about.is_deleted).then(|| address(account, about, public_url)),
    }
}

fn address(account: AccountId, about: &AboutFile, public_url: &str) -> String {
    format!("{public_url}{}", file_path(account, about.id, &about.name))
}

#[derive(Serialize)]
struct Enablex<'a> {
    r#type: &'static str,
    trans_date: i64,
    app_id: &'a str,
    room_id: &'a str,
    conf_num: &'a str,
    #[serde(flatten)]
    more: More,
}

/// What the types have beyond `roomdrop`. The first is an array of texts, the second one text (compat.md 1.5).
#[derive(Serialize)]
#[serde(untagged)]
enum More {
    Roomdrop {},
    Recording {
        recording: Vec<String>,
    },
    Transcoded {
        recording: String,
        stage: String,
        file_size: String,
    },
}

/// The payload as EnableX sends it; None where that form has no word for what happened, and for a session without a
/// recording of its own.
pub fn enablex(happened: &Happened, public_url: &str) -> Option<String> {
    let url = |file| address(happened.account, file, public_url);
    let more = match happened.event {
        EventType::SessionReady => {
            let recordings: Vec<String> = happened
                .files
                .iter()
                .filter(|file| matches!(file.kind, FileKind::Individual | FileKind::Live))
                .map(url)
                .scan(0, |bytes, url| {
                    *bytes += url.len() + 3;
                    (*bytes <= MAX_BYTES - 1000).then_some(url)
                })
                .collect();
            if recordings.is_empty() {
                return None;
            }
            More::Recording {
                recording: recordings,
            }
        }
        EventType::FileTranscoded => {
            let file = happened.files.first()?;
            More::Transcoded {
                recording: url(file),
                stage: file.stage.to_string(),
                file_size: file.size_bytes.to_string(),
            }
        }
        _ => More::Roomdrop {},
    };
    let (room_id, conf_num) = match &happened.session {
        Some(session) => (session.room.as_str(), session.conference_number.as_str()),
        None => ("test", "000000000000"),
    };
    let payload = Enablex {
        r#type: happened.event.enablex()?,
        trans_date: happened.at.timestamp(),
        app_id: &happened.project.identifier,
        room_id,
        conf_num,
        more,
    };
    Some(serde_json::to_string(&payload).expect("texts and numbers are JSON"))
}
