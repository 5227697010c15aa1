//! Insights: the figures of an account over time, for the page Overview.
//!
//! - Days are those of UTC. A period is whole days, a year and a day at most, and is compared with as many days before.
//! - A session counts on the day it began; its recorded time is that of its longest recording, a year at most.
//! - Stored bytes are those of all files that came and were not deleted since; files in the trash still lie there.
//! - One download: one caller got at least one byte of one file on one day. A caller is who asked (a member, a
//!   credential, or nobody known) from one address. Players ask for many pieces, and come back after a pause: all of
//!   that is one download. `HEAD` and 304 send nothing and are none.
//! - Delivered bytes are those of all grants, refusals those of all requests that were refused.
//! - Sums by day are kept in the background (`counting`), so the figures cost the same however long the log is.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod counting;
#[cfg(feature = "postgres")]
pub mod judging;
mod period;
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
mod top;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub use self::period::{Period, Step};
use crate::files::FileId;
use crate::projects::ProjectId;
use crate::sessions::SessionId;

/// What the figures are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    pub period: Period,
    /// None: all of the account.
    pub project: Option<ProjectId>,
}

/// What came together in some days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Sessions that began.
    pub sessions: u64,
    /// Milliseconds that were recorded in them.
    pub duration_ms: u64,
    /// Bytes that lay in the vault at the end of the last day.
    pub stored: u64,
    pub downloads: u64,
    /// Bytes that were sent for grants.
    pub delivered: u64,
    /// Requests that were refused.
    pub refusals: u64,
}

/// The figures of a stretch of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub figures: Figures,
}

/// All that the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub period: Period,
    /// In the order of time, without gaps.
    pub buckets: Vec<Bucket>,
    /// Of the whole period.
    pub total: Figures,
    /// Of as many days before.
    pub before: Figures,
    /// By downloads, [`TOP_FILES`] at most.
    pub top_files: Vec<TopFile>,
    /// By their number.
    pub refusals: Vec<Refusal>,
    pub completeness: Completeness,
    /// Of the sessions in which something is missing the newest, [`GAPS_SHOWN`] at most.
    pub with_gaps: Vec<SessionWithGaps>,
    /// Everything before this moment is counted; None while a log that was there before is counted for the first time.
    pub counted_at: Option<DateTime<Utc>>,
    /// The account has a session or a request at all, in this period or not.
    pub is_any: bool,
}

/// Files that are shown.
pub const TOP_FILES: i64 = 10;
/// Sessions with gaps that are shown.
pub const GAPS_SHOWN: i64 = 10;

/// A file that was downloaded in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopFile {
    pub file: FileId,
    pub name: String,
    pub session: SessionId,
    pub title: Option<String>,
    pub room: String,
    pub conference_number: String,
    pub downloads: u64,
    /// Bytes that were sent of it.
    pub delivered: u64,
    /// Different callers in the whole period.
    pub callers: u64,
    /// Not all downloads were looked at for their callers.
    pub are_more_callers: bool,
    pub last_at: DateTime<Utc>,
}

/// How often something was refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// As the access log writes it: a newer version of the program may know more of them.
    pub reason: String,
    pub requests: u64,
}

/// Of the sessions that began in the period: what should have come with them and has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    pub sessions: u64,
    /// Those that were looked at. The others ended a short time ago, and files may still come.
    pub judged: u64,
    /// Of those, the ones in which something is missing.
    pub incomplete: u64,
    pub without_recording: u64,
    /// Of somebody who took part.
    pub without_track: u64,
    pub without_chat: u64,
    pub without_metadata: u64,
}

impl Completeness {
    pub const fn complete(&self) -> u64 {
        self.judged.saturating_sub(self.incomplete)
    }

    pub const fn waiting(&self) -> u64 {
        self.sessions.saturating_sub(self.judged)
    }
}

/// A session in which something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionWithGaps {
    pub id: SessionId,
    pub title: Option<String>,
    pub room: String,
    pub conference_number: String,
    pub started_at: DateTime<Utc>,
    pub gaps: Gaps,
}

/// What is missing of a session: a set, stored as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gaps(pub i16);

impl Gaps {
    /// Any recording at all.
    pub const RECORDING: i16 = 1;
    /// The individual recording of somebody who took part.
    pub const TRACK: i16 = 2;
    pub const CHAT: i16 = 4;
    pub const METADATA: i16 = 8;

    pub const fn has(self, gap: i16) -> bool {
        self.0 & gap != 0
    }
}
