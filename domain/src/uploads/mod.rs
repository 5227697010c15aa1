//! Uploads: files that come in pieces, over hours, interruptions and restarts.
//!
//! - An upload is begun with what is said of its file, and refused at once if the file would be.
//! - Its offset counts bytes that are on the disk. After whatever interruption the sender asks for it and goes on there,
//!   at any process.
//! - One sender at a time: the part is locked while somebody writes to it.
//! - With its last byte it is delivered like any other file, in one step. A file that is refused then ends the upload.
//! - It expires a day after its last bytes, and so does the memory of one that has ended.

pub mod actions;
pub mod jobs;
pub(crate) mod store;

use chrono::{DateTime, TimeDelta, Utc};

use crate::Error;
use crate::files::FileId;
use crate::projects::ProjectId;

crate::id::id!(UploadId);

/// From the last bytes to the end.
pub const LIFE: TimeDelta = TimeDelta::hours(24);

/// Uploads of a project that go on at once.
pub const MOST_AT_ONCE: u64 = 1_000;

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    pub project: ProjectId,
    /// Bytes of the file; None: not said yet.
    pub length: Option<u64>,
    /// Bytes that are safe.
    pub offset: u64,
    pub expires_at: DateTime<Utc>,
    /// The file that it became.
    pub file: Option<FileId>,
}

/// Why bytes were not taken.
#[derive(Debug)]
pub enum AppendError {
    /// They do not begin where the upload is.
    Offset {
        at: u64,
    },
    /// Somebody else is sending.
    Locked,
    /// They are not those of their checksum, and were dropped.
    Checksum,
    /// There are more than the upload's length. None of the last ones were taken.
    TooMuch,
    /// They broke off; what came before is safe.
    BrokenOff,
    Other(Error),
}

impl<E: Into<Error>> From<E> for AppendError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// A sum over the bytes of one request, and what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}
