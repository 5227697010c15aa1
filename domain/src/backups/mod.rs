//! Backups: the database, the vault and the master key of one moment, in a folder that can prove that it is whole.
//!
//! ```text
//! manifest.json    what belongs to it, with the size and SHA-256 of everything beside it
//! manifest.seal    the manifest's own SHA-256, once in clear and once sealed with the master key
//! database.dump    pg_dump's custom format, of one snapshot
//! objects.tsv      one line for each file of that snapshot: id, bytes, SHA-256
//! objects/xx/<id>  their bytes, unless only the list was wanted
//! master.key       only if it was asked for
//! ```
//!
//! It is taken while the server works. The snapshot comes first and says which files there are; an object of the vault
//! is never changed, so its bytes are the right ones whenever they are copied. Until the last byte is on the disk the
//! folder has another name, so that what was broken off never looks like a backup.

mod draft;
mod epoch;
mod restore;
mod snapshot;
mod store;
mod take;
mod verify;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::files::FileId;

pub use draft::Draft;
pub use epoch::{ApiSecretInForce, Epoch, begin_epoch};
pub use restore::{Begun, Restoring, refuse_unfinished, restore_objects};
pub use snapshot::{Snapshot, has_tables, row_counts, schema_of};
pub use take::{Parts, Taken, copy_objects, finish};
pub use verify::{Opened, Seal, check_objects, open};

/// The newest form of a backup folder that this program writes and reads.
pub const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const SEAL: &str = "manifest.seal";
/// The file in a backup that pg_dump makes.
pub const DUMP: &str = "database.dump";
const LIST: &str = "objects.tsv";
const OBJECTS: &str = "objects";
/// The file in a backup that holds the master key, if it was asked for.
pub const KEY: &str = "master.key";

/// What a backup says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When its snapshot was taken.
    pub made_at: DateTime<Utc>,
    pub database: DatabasePart,
    pub objects: ObjectsPart,
    pub master_key: KeyPart,
}

/// The dump of the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DatabasePart {
    pub file: Entry,
    /// Version of the PostgreSQL that it came from.
    pub postgres: String,
    /// The newest migration in it.
    pub schema: i64,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
}

/// The files of the vault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectsPart {
    pub kept: Kept,
    pub list: Entry,
    pub count: u64,
    pub bytes: u64,
    /// Files that were deleted between the snapshot and their copy: the dump names them, their bytes are not there.
    pub gone: Vec<FileId>,
    /// Files whose bytes were missing or damaged in the vault already.
    pub damaged: Vec<FileId>,
}

/// The master key that the secrets in the dump are sealed with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyPart {
    /// Names the key and tells nothing of it.
    pub id: String,
    /// Present if the key is in the backup.
    pub file: Option<Entry>,
}

/// A file of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// How the bytes of the vault are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Each has a copy.
    Copied,
    /// Each is a second name of the vault's own file: no room is taken, and a broken disk takes both.
    Linked,
    /// Only the list is there.
    Listed,
}

/// A file that a snapshot names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    pub id: FileId,
    /// Bytes.
    pub size: u64,
    pub sha256: [u8; 32],
}

/// Why a backup or a restore did not come about.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing was changed; the sentence says what to do.
    #[error("{0}")]
    Refused(String),
    /// What was asked for cannot be trusted; the sentence says why.
    #[error("{0}")]
    Damaged(String),
    #[error("cannot {deed} {path}")]
    Io {
        deed: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("stopped")]
    Cancelled,
    #[error(transparent)]
    Database(#[from] Error),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Names the path and what was tried with it.
trait At<T> {
    fn at(self, deed: &'static str, path: &Path) -> Result<T, BackupError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, deed: &'static str, path: &Path) -> Result<T, BackupError> {
        self.map_err(|error| BackupError::Io {
            deed,
            path: path.to_owned(),
            source: error.into(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

/// `<two digits>/<id>`, as in the vault.
fn shelf_of(id: FileId) -> String {
    crate::files::vault::shelf_name(id)
}
