//! What the page of the access log asks for, and what it shows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EntryId, Reason};
use crate::files::FileId;
use crate::sessions::SessionId;

/// What the report is narrowed to. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    pub file: Option<FileId>,
    pub session: Option<SessionId>,
    pub caller: Option<CallerFilter>,
    /// As the log writes it.
    pub client_address: Option<String>,
    pub outcome: Option<Outcome>,
    /// First moment.
    pub from: Option<DateTime<Utc>>,
    /// First moment that is too late.
    pub until: Option<DateTime<Utc>>,
}

/// Whose requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerFilter {
    /// Of those without a valid proof.
    Nobody,
    /// Of this member or credential.
    Id(Uuid),
}

impl CallerFilter {
    /// Text of [`Self::Nobody`].
    pub const NOBODY: &str = "none";

    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::NOBODY {
            Some(Self::Nobody)
        } else {
            text.parse().ok().map(Self::Id)
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Granted,
    /// For whatever reason.
    Refused,
    Because(Reason),
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Because(reason) => reason.as_str(),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "granted" => Some(Self::Granted),
            "refused" => Some(Self::Refused),
            other => Reason::parse(other).map(Self::Because),
        }
    }
}

/// A row of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: EntryId,
    pub occurred_at: DateTime<Utc>,
    pub file: Option<FileId>,
    /// As of then.
    pub file_name: Option<String>,
    /// The account still has this file.
    pub is_file_there: bool,
    pub session: Option<SessionId>,
    /// Room and conference number of the session, while there is one.
    pub call: Option<(String, String)>,
    pub caller_kind: String,
    pub caller: Option<Uuid>,
    /// Name of the member or API secret, user name of the credential; None for nobody and for those of other accounts.
    pub caller_name: Option<String>,
    pub proof: String,
    pub client_address: String,
    pub user_agent: Option<String>,
    pub method: String,
    pub status: u16,
    /// Bytes of the body that were handed to the connection.
    pub bytes_sent: u64,
    /// Text of a [`Reason`]; None: granted.
    pub reason: Option<String>,
}

/// Who may be chosen in the filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCaller {
    pub id: Uuid,
    pub name: String,
    pub kind: super::CallerKind,
}
