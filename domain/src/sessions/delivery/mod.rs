//! Deliveries: one file of a session, from anywhere but a folder that is imported whole.
//!
//! - A delivery is done only when it is safe: the bytes on the disk, in place, and the rows committed. Given up in the
//!   middle, by whatever end of it, it leaves nothing behind.
//! - It may be repeated. The same name with the same bytes in the same session is the same file; with other bytes it is
//!   refused, and the vault's copy stays. A file that was deleted stays deleted.
//! - What a sender calls a recording (`external_id`) finds the same session and files again, whatever else it leaves out
//!   the second time.
//! - A session without a conference number is called after the sender's id of the recording; without that, after the
//!   moment. A session without a room is in the room that is called after the source.
//! - Names and contents are judged as the import does. An archived project takes nothing. A project may limit the size
//!   of a file and of all its files together; what is known to be too much is refused before a byte is read.

mod door;
mod run;
mod settle;
pub(crate) mod store;
pub(crate) mod stream;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use tokio::io::AsyncRead;
use tokio::task::spawn_blocking;
use uuid::Uuid;

pub(crate) use self::door::{Door, MAX_EXTERNAL_ID, admit};
use self::run::Run;
use self::settle::{Received, settle};
use self::stream::{Broken, Sink};
pub use super::names::tidy;
use super::{SessionId, import};
use crate::files::vault::{Appender, CopyError};
use crate::files::{FileId, FileKind};
use crate::projects::ProjectId;
use crate::{Actor, Backend, Error, Permission};

/// What is delivered.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub project: ProjectId,
    /// Which way it comes: `upload`, `livekit` and so on. One source's ids mean nothing to another.
    pub source: String,
    /// What the sender calls the recording; it may have several files.
    pub external_id: Option<String>,
    pub session: AboutSession,
    pub file: AboutFile,
}

/// What is said of a session. What is known already, or stands in its metadata file, counts more.
#[derive(Debug, Clone, Default)]
pub struct AboutSession {
    pub room: Option<String>,
    pub conference_number: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub title: Option<String>,
}

/// What is said of a file.
#[derive(Debug, Clone, Default)]
pub struct AboutFile {
    pub name: String,
    /// None: what the name says ([`FileKind::classify`]).
    pub kind: Option<FileKind>,
    /// Bytes. Other ones than these are refused.
    pub size: Option<u64>,
    /// Of the bytes; others are refused.
    pub sha256: Option<[u8; 32]>,
    /// Of the bytes; others are refused.
    pub sha512: Option<[u8; 64]>,
    /// It is marked secure when it is recorded, before anyone can ask for it. A file that is there already keeps its mark.
    pub is_secure: bool,
}

impl Delivery {
    /// A file of this name, and nothing else said.
    pub fn new(project: ProjectId, source: &str, name: &str) -> Self {
        Self {
            project,
            source: source.to_owned(),
            external_id: None,
            session: AboutSession::default(),
            file: AboutFile {
                name: name.to_owned(),
                ..AboutFile::default()
            },
        }
    }
}

/// A file that is in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub session: SessionId,
    pub room: String,
    pub conference_number: String,
    pub file: FileId,
    pub name: String,
    pub kind: FileKind,
    pub content_type: String,
    /// Bytes.
    pub size: u64,
    pub sha256: [u8; 32],
    /// Not if it was there before.
    pub is_new: bool,
}

/// Takes a file whose bytes come one after the other. They are not asked for before everything else is found right.
///
/// `Forbidden`; `NotFound` for a project that is not there; `Conflict` where the project is archived or the name has
/// other bytes; `Gone` where the file was deleted; `TooLarge` and `Full`; `Invalid` with the field that is wrong, where
/// `file` is the content and `digest` and `size` are what was said of it; `Unavailable("sender")` when the bytes
/// break off.
pub async fn deliver(
    backend: &Backend,
    actor: &Actor,
    delivery: Delivery,
    bytes: impl AsyncRead + Send,
) -> Result<Delivered, Error> {
    actor.scope_of(Permission::DeliverFiles, delivery.project)?;
    let admission = match admit(backend, actor, &delivery).await? {
        Door::Known(delivered) => return Ok(delivered),
        Door::Open(admission) => admission,
    };
    let run = Run::start(backend).await?;
    let file = run.create().await?;
    let sink = Sink::new(Appender::new(file), delivery.file.sha512.is_some());
    let (sink, outcome) = stream::pump(sink, std::pin::pin!(bytes), admission.most).await;
    let broken = |broken| match broken {
        Broken::TooMuch => admission.too_much(&delivery.file),
        Broken::Read(error) => {
            tracing::debug!(%error, "a delivery broke off");
            Error::Unavailable("sender")
        }
        Broken::Write(error) => Error::internal(error),
    };
    outcome.map_err(broken)?;
    let sink = sink.ok_or_else(|| Error::internal("a written file has its sink"))?;
    let sums = spawn_blocking(move || sink.finish())
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    let received = Received {
        run,
        file: sums.file,
        size: sums.size,
        sha256: sums.sha256,
        sha512: sums.sha512,
        modified_at: None,
        upload: None,
    };
    settle(backend, actor, delivery, admission, received).await
}

/// As [`deliver`], of a file that lies in some folder of this machine: it is copied from there, its holes stay holes,
/// and a session begins when its recording was last written to, less its duration. `Conflict` if it is written to
/// meanwhile.
pub async fn deliver_file(
    backend: &Backend,
    actor: &Actor,
    mut delivery: Delivery,
    file: File,
) -> Result<Delivered, Error> {
    actor.scope_of(Permission::DeliverFiles, delivery.project)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Error::invalid("file", "it is no regular file"));
    }
    delivery.file.size = Some(metadata.len());
    let admission = match admit(backend, actor, &delivery).await? {
        Door::Known(delivered) => return Ok(delivered),
        Door::Open(admission) => admission,
    };
    let run = Run::start(backend).await?;
    let (id, intake) = (run.id, run.intake());
    // Given up, the copy stops at its next block.
    let stop = StopWhenDropped(Arc::default());
    let stopped = Arc::clone(&stop.0);
    let copied =
        spawn_blocking(move || intake.copy(id, &file, &mut |_| !stopped.load(Ordering::Relaxed)))
            .await
            .map_err(Error::internal)?
            .map_err(|error| match error {
                CopyError::Changed => Error::Conflict(error.to_string()),
                CopyError::Read(error) => unreadable(error),
                CopyError::Write(_) | CopyError::Cancelled => Error::internal(error),
            })?;
    let received = Received {
        file: run.open().await?,
        run,
        size: copied.size,
        sha256: copied.sha256,
        sha512: None,
        modified_at: Some(import::modified_at(&metadata)),
        upload: None,
    };
    settle(backend, actor, delivery, admission, received).await
}

/// As [`deliver`], of an upload whose part is whole and on the disk. Its bytes are not copied: the part gets a second
/// name, and keeps its own until whoever has the upload removes it. The upload's row learns of the file in the same
/// transaction.
pub(crate) async fn deliver_part(
    backend: &Backend,
    actor: &Actor,
    delivery: Delivery,
    part: Part,
) -> Result<Delivered, Error> {
    actor.scope_of(Permission::DeliverFiles, delivery.project)?;
    let admission = match admit(backend, actor, &delivery).await? {
        Door::Known(delivered) => return Ok(delivered),
        Door::Open(admission) => admission,
    };
    if part.size > admission.most {
        return Err(admission.too_much(&delivery.file));
    }
    let run = Run::start(backend).await?;
    run.adopt(part.id).await?;
    let received = Received {
        run,
        file: part.file,
        size: part.size,
        sha256: part.sha256,
        sha512: None,
        modified_at: None,
        upload: Some(part.id),
    };
    settle(backend, actor, delivery, admission, received).await
}

/// A part of the vault that is whole.
pub(crate) struct Part {
    /// The upload's id, and the part's.
    pub(crate) id: Uuid,
    /// Open, and locked by whoever finishes the upload.
    pub(crate) file: File,
    /// Bytes.
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

fn unreadable(error: std::io::Error) -> Error {
    Error::invalid("file", format!("it cannot be read: {error}"))
}

struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
