//! Taking one session: judge and copy its files, put them in place, record them in one transaction.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound as _, Utc};
use rustix::fs::{Mode, OFlags};
use tokio::task::spawn_blocking;

use super::scan::{self, FoundFile, FoundSession, refusal};
use super::{Progress, Refusal};
use crate::audit::Event;
use crate::files::FileId;
use crate::files::media;
use crate::files::vault::{CopyError, Intake, hash};
use crate::projects::ProjectId;
use crate::sessions::recording::store::{self, KnownFile, SessionKey};
use crate::sessions::recording::{Arrival, CONFLICT, Form, Recording, Said, Written};
use crate::{Actor, Backend, Error};

/// What all sessions of an import share.
pub(super) struct Context {
    pub(super) backend: Backend,
    pub(super) actor: Actor,
    pub(super) project: ProjectId,
    pub(super) folder: PathBuf,
    /// None in a dry run.
    pub(super) intake: Option<Intake>,
    /// Whether new files are marked secure.
    pub(super) is_secure: bool,
    pub(super) progress: Progress,
    /// Whether an object may be in place of which it is not known if a row names it: then the run's folder with its
    /// claims stays, and the next sweep finds out.
    pub(super) is_unsettled: AtomicBool,
}

/// What came of one session.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) is_new: bool,
    pub(super) files_added: u64,
    pub(super) bytes_added: u64,
    pub(super) files_present: u64,
    pub(super) files_deleted: u64,
    pub(super) hidden: u64,
    pub(super) refused: Vec<Refusal>,
    /// Why the import cannot go on.
    pub(super) failure: Option<Error>,
}

pub(super) async fn session(context: &Arc<Context>, session: FoundSession) -> Outcome {
    let mut outcome = Outcome::default();
    match try_session(context, Arc::new(session), &mut outcome).await {
        // What was found out about the other files is told when the import runs again.
        Ok(()) | Err(Halt::Cancelled) => {}
        Err(Halt::Failed(error)) => outcome.failure = Some(error),
    }
    outcome
}

/// Why a session is given up.
enum Halt {
    Cancelled,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

async fn try_session(
    context: &Arc<Context>,
    found: Arc<FoundSession>,
    outcome: &mut Outcome,
) -> Result<(), Halt> {
    let known = known_files(context, &found).await?;
    let is_new = known.is_none();
    let work = (Arc::clone(context), Arc::clone(&found));
    let judged = spawn_blocking(move || judge(&work.0, &work.1, &known.unwrap_or_default()))
        .await
        .map_err(Error::internal)??;
    outcome.hidden = judged.hidden;
    outcome.files_present = judged.present;
    outcome.files_deleted = judged.deleted;
    outcome.refused = judged.refused;
    if context.intake.is_none() {
        outcome.is_new = is_new && !judged.taken.is_empty();
        outcome.count(judged.taken.iter());
        return Ok(());
    }
    if !judged.taken.is_empty() {
        record(context, &found, judged.taken, outcome).await?;
    }
    let mut db = context.backend.db.acquire().await?;
    for (id, modified_at) in judged.touched {
        store::update_source_modified_at(&mut db, id, modified_at).await?;
    }
    Ok(())
}

impl Outcome {
    fn count<'a>(&mut self, taken: impl Iterator<Item = &'a Taken>) {
        for taken in taken {
            self.files_added += 1;
            self.bytes_added += taken.arrival.file.size_bytes.cast_unsigned();
        }
    }
}

/// None if the session is new.
async fn known_files(
    context: &Context,
    found: &FoundSession,
) -> Result<Option<HashMap<String, KnownFile>>, Error> {
    let mut db = context.backend.db.acquire().await?;
    match store::find_session(&mut db, context.key(found)).await? {
        Some(session) => Ok(Some(store::known_files(&mut db, session).await?)),
        None => Ok(None),
    }
}

impl Context {
    fn key<'a>(&self, found: &'a FoundSession) -> SessionKey<'a> {
        SessionKey {
            account: self.actor.account,
            project: self.project,
            room: &found.room,
            conference_number: &found.conference_number,
        }
    }
}

/// What the files of a session are found to be.
#[derive(Default)]
struct Judged {
    /// Sound and new; copied, unless it is a dry run.
    taken: Vec<Taken>,
    /// Known files whose content is the same under another modification time.
    touched: Vec<(FileId, DateTime<Utc>)>,
    present: u64,
    /// Of which only a tombstone is left.
    deleted: u64,
    hidden: u64,
    refused: Vec<Refusal>,
}

struct Taken {
    arrival: Arrival,
    path: PathBuf,
}

impl Taken {
    const fn id(&self) -> FileId {
        self.arrival.file.id
    }
}

fn judge(
    context: &Context,
    found: &FoundSession,
    known: &HashMap<String, KnownFile>,
) -> Result<Judged, Halt> {
    let mut judged = Judged::default();
    let contents = match scan::contents(&context.folder, &found.path) {
        Ok(contents) => contents,
        Err(error) => {
            judged
                .refused
                .push(refusal(&context.folder, &found.path, &error.to_string()));
            return Ok(judged);
        }
    };
    judged.hidden = contents.hidden;
    judged.refused = contents.refused;
    for file in contents.files {
        let path = file.path.clone();
        match judge_file(context, file, known, &mut judged) {
            Ok(()) => {}
            Err(Verdict::Refused(reason)) => {
                judged
                    .refused
                    .push(refusal(&context.folder, &path, &reason));
            }
            Err(Verdict::Halt(halt)) => {
                context.discard(judged.taken.iter().map(Taken::id).collect());
                return Err(halt);
            }
        }
    }
    Ok(judged)
}

enum Verdict {
    /// This file is not taken, others may be.
    Refused(String),
    Halt(Halt),
}

impl From<io::Error> for Verdict {
    fn from(error: io::Error) -> Self {
        Self::Refused(format!("it cannot be read: {error}"))
    }
}

impl From<CopyError> for Verdict {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Cancelled => Self::Halt(Halt::Cancelled),
            CopyError::Write(_) => Self::Halt(Halt::Failed(Error::internal(error))),
            CopyError::Changed | CopyError::Read(_) => Self::Refused(error.to_string()),
        }
    }
}

fn judge_file(
    context: &Context,
    found: FoundFile,
    known: &HashMap<String, KnownFile>,
    judged: &mut Judged,
) -> Result<(), Verdict> {
    let mut progress = context.progress.file(found.size);
    if !progress.advance(0) {
        return Err(Verdict::Halt(Halt::Cancelled));
    }
    let (source, metadata) = open(&found.path)?;
    let modified_at = modified_at(&metadata);
    let size = i64::try_from(metadata.len())
        .map_err(|_| Verdict::Refused("it is too large".to_owned()))?;
    if let Some(known) = known.get(&found.name) {
        // Whoever deleted it meant it, whatever still lies in some delivery folder.
        if known.is_deleted {
            judged.deleted += 1;
            return Ok(());
        }
        if known.size_bytes != size {
            return Err(Verdict::Refused(CONFLICT.to_owned()));
        }
        if known.source_modified_at != Some(modified_at) {
            if hash(&source, &mut |bytes| progress.advance(bytes))?[..] != known.sha256[..] {
                return Err(Verdict::Refused(CONFLICT.to_owned()));
            }
            judged.touched.push((known.id, modified_at));
        }
        judged.present += 1;
        return Ok(());
    }
    let facts = media::probe(&source, found.content_type)
        .map_err(|broken| Verdict::Refused(broken.to_string()))?;
    let id = FileId::new(context.backend.clock.now());
    let mut sha256 = [0; 32];
    if let Some(intake) = &context.intake {
        let copied = intake.copy(id, &source, &mut |bytes| progress.advance(bytes))?;
        sha256 = copied.sha256;
        if copied.size != metadata.len() {
            context.discard(vec![id]);
            return Err(CopyError::Changed.into());
        }
    }
    let form = Form {
        name: found.name,
        kind: found.kind,
        content_type: found.content_type,
        is_secure: context.is_secure,
    };
    judged.taken.push(Taken {
        arrival: Arrival::new(id, form, size, sha256, facts, Some(modified_at)),
        path: found.path,
    });
    Ok(())
}

/// Follows no link, and does not hang on a pipe that took a file's place since the folder was read.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok((file, metadata))
}

/// With the microseconds that the database keeps.
pub(in crate::sessions) fn modified_at(metadata: &Metadata) -> DateTime<Utc> {
    // A damaged file system may say years that no calendar has, and panicking over them helps nobody.
    let time = metadata.modified().ok().filter(|time| {
        let far = std::time::Duration::from_hours(200 * 366 * 24);
        let from_epoch = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_else(|before| before.duration());
        from_epoch < far
    });
    DateTime::<Utc>::from(time.unwrap_or(SystemTime::UNIX_EPOCH)).trunc_subsecs(6)
}

/// Puts the copies in place and records them; both or neither.
async fn record(
    context: &Arc<Context>,
    found: &FoundSession,
    taken: Vec<Taken>,
    outcome: &mut Outcome,
) -> Result<(), Halt> {
    let ids: Vec<FileId> = taken.iter().map(Taken::id).collect();
    let (placing, placed_ids) = (Arc::clone(context), ids.clone());
    let placed = spawn_blocking(move || {
        placing
            .intake
            .as_ref()
            .map_or(Ok(()), |intake| intake.place(&placed_ids))
    })
    .await
    .map_err(Error::internal)?;
    if let Err(error) = placed {
        context.discard_apart(ids).await;
        return Err(Error::internal(CopyError::Write(error)).into());
    }
    let arrivals: Vec<&Arrival> = taken.iter().map(|taken| &taken.arrival).collect();
    let recording = Recording {
        backend: &context.backend,
        actor: &context.actor,
        run: context.intake.as_ref().map_or(0, Intake::key),
        event: Event::RecordingsImported,
    };
    let written = recording.write(context.key(found), Said::default(), &arrivals);
    let recorded = match written.await {
        Ok(Written { tx, recorded }) => {
            // From here on a lost answer means that it is not known whether the rows are there.
            if let Err(error) = tx.commit().await {
                context.is_unsettled.store(true, Ordering::Relaxed);
                return Err(error.into());
            }
            recorded
        }
        Err(error) => {
            context.discard_apart(ids).await;
            return Err(error.into());
        }
    };
    outcome.is_new = recorded.is_new;
    let is_lost = |taken: &&Taken| recorded.lost.contains_key(&taken.id());
    outcome.count(taken.iter().filter(|taken| !is_lost(taken)));
    for taken in taken.iter().filter(is_lost) {
        if recorded.lost[&taken.id()].is_same {
            outcome.files_present += 1;
        } else {
            outcome
                .refused
                .push(refusal(&context.folder, &taken.path, CONFLICT));
        }
    }
    context
        .discard_apart(recorded.lost.into_keys().collect())
        .await;
    Ok(())
}

impl Context {
    /// Removes copies that will have no row. Blocks.
    fn discard(&self, ids: Vec<FileId>) {
        if let Some(intake) = &self.intake
            && let Err(error) = intake.discard(&ids)
        {
            tracing::warn!(%error, "copies that are not needed stay in the vault until the next start");
            self.is_unsettled.store(true, Ordering::Relaxed);
        }
    }

    async fn discard_apart(self: &Arc<Self>, ids: Vec<FileId>) {
        let context = Arc::clone(self);
        if spawn_blocking(move || context.discard(ids)).await.is_err() {
            self.is_unsettled.store(true, Ordering::Relaxed);
        }
    }
}
