//! Watched folders: files are taken when they stand still, and moved out of the way afterwards.
//!
//! - Looked into on a timer, which works on network disks too. A file is taken when its size and time are those of the
//!   look before, and a marker stands beside it (`.done`, or a sidecar `.json`) or its media reads clean.
//! - Layouts: `<room>/<conference number>/<file>`; Jibri's `<session>/<name>.mp4` with `metadata.json`; LiveKit's files
//!   with the manifest `<egress id>.json` beside them; anything else by its own name.
//! - What cannot be read is left where it lies, and told; the rest has its turn.
//! - What was taken lies in `done/` afterwards, what cannot be taken in `failed/` with `<name>.reason.txt` beside it.
//! - No link is followed, and nothing outside of the folder is read or written (R115, R117).

mod layout;
mod moving;
mod walk;

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::{Mode, OFlags};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

pub(super) use self::layout::Meant;
pub(super) use self::walk::Seen;
use super::fetching::{Trouble, actor_of, external_id, ours, trouble_of};
use super::store::SourceRow;
use super::store::watched;
use super::{ItemState, SourceId, notices, place};
use crate::background::More;
use crate::files::vault::beneath::open_beneath;
use crate::files::{FileKind, media};
use crate::sessions::delivery::{self, AboutFile, AboutSession, Delivery};
use crate::{Backend, Error};

/// A file without a marker whose media does not read clean may still be written; after this it never will be.
const STILL_WRITTEN: TimeDelta = TimeDelta::hours(1);
/// From one attempt to the next at what may be had later.
const PAUSE: TimeDelta = TimeDelta::minutes(5);
/// For so long files of one folder are taken in one look; the file that goes beyond it is finished.
const TURN: Duration = Duration::from_mins(1);

/// What came of a look.
pub(super) struct Looked {
    /// Whether files are left that could be taken at once.
    pub(super) more: More,
    /// What had to be left where it lies, and why: a sentence for people.
    pub(super) note: Option<String>,
}

/// Why a file is left where it lies.
enum Obstacle {
    /// Only this one: the others have their turn.
    Here(String),
    /// The look ends.
    Everywhere(Trouble),
}

impl<E: Into<Error>> From<E> for Obstacle {
    fn from(error: E) -> Self {
        Self::Everywhere(ours(error))
    }
}

/// Looks into a folder and takes the files that are ready, for a while: then other folders have their turn.
pub(super) async fn look(backend: &Backend, source: &SourceRow) -> Result<Looked, Trouble> {
    let folder = open(backend, source).await?;
    let mut left = put_back(backend, source, &folder).await?;
    let walked = blocking(&folder, |folder| walk::walk(&folder))
        .await?
        .map_err(|error| Trouble::Later(format!("The folder cannot be read: {error}.")))?;
    left.extend(told(walked.unread));
    let ready = compare(backend, source.id, walked.files)
        .await
        .map_err(ours)?;
    let until = Instant::now() + TURN;
    let mut more = More::Later;
    for file in ready {
        match consider(backend, source, &folder, &file).await {
            // Those that are not taken are passed by every time, or nothing behind them ever had its turn.
            Ok(true) if Instant::now() >= until => {
                more = More::Now;
                break;
            }
            Ok(_) => {}
            Err(Obstacle::Here(why)) => left.push(format!("{}: {why}", file.path)),
            Err(Obstacle::Everywhere(trouble)) => return Err(trouble),
        }
    }
    Ok(Looked {
        more,
        note: note(&left),
    })
}

fn told(unread: Vec<(String, io::Error)>) -> impl Iterator<Item = String> {
    unread
        .into_iter()
        .map(|(path, error)| format!("{path}: {error}"))
}

fn note(left: &[String]) -> Option<String> {
    /// Paths that are named.
    const NAMED: usize = 3;
    let named = left.get(..NAMED).unwrap_or(left).join("; ");
    match left.len() {
        0 => None,
        count if count > NAMED => Some(format!(
            "Left where they are: {named}; and {} more.",
            count - NAMED
        )),
        _ => Some(format!("Left where it is: {named}.")),
    }
}

/// True if the file was taken or turned down; false if it is left for later, or belongs to another one.
async fn consider(
    backend: &Backend,
    source: &SourceRow,
    folder: &Arc<OwnedFd>,
    file: &Seen,
) -> Result<bool, Obstacle> {
    let seen = file.clone();
    let read = blocking(folder, move |folder| layout::read(&folder, &seen)).await;
    match read.map_err(Obstacle::Everywhere)? {
        Ok(Some(meant)) => take(backend, source, folder, file, meant).await,
        Ok(None) => Ok(false),
        // Its writer took it away, or it went with another one.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Obstacle::Here(error.to_string())),
    }
}

async fn open(backend: &Backend, source: &SourceRow) -> Result<Arc<OwnedFd>, Trouble> {
    let (roots, folder) = (
        backend.intake_folders.clone(),
        source.settings.folder.clone(),
    );
    let opened = spawn_blocking(move || place::open_folder_of(&roots, &folder))
        .await
        .map_err(|error| ours(Error::internal(error)))?;
    opened.map(Arc::new).map_err(Trouble::Later)
}

async fn blocking<T: Send + 'static>(
    folder: &Arc<OwnedFd>,
    work: impl FnOnce(Arc<OwnedFd>) -> io::Result<T> + Send + 'static,
) -> Result<io::Result<T>, Trouble> {
    let folder = Arc::clone(folder);
    spawn_blocking(move || work(folder))
        .await
        .map_err(|error| ours(Error::internal(error)))
}

/// Whoever pressed Retry for a file wants it looked at again. Which ones could not be put back, and why.
async fn put_back(
    backend: &Backend,
    source: &SourceRow,
    folder: &Arc<OwnedFd>,
) -> Result<Vec<String>, Trouble> {
    let mut db = backend.db.acquire().await.map_err(ours)?;
    let waiting = watched::waiting(&mut db, source.id).await.map_err(ours)?;
    drop(db);
    let mut left = Vec::new();
    for path in waiting {
        let there = path.clone();
        let put_back = move |folder: Arc<OwnedFd>| moving::put_back(&folder, &there);
        if let Err(error) = blocking(folder, put_back).await? {
            left.push(format!("{}/{path}: {error}", walk::FAILED));
        }
    }
    Ok(left)
}

/// Those that have stood still since the look before.
async fn compare(backend: &Backend, source: SourceId, seen: Vec<Seen>) -> Result<Vec<Seen>, Error> {
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let since = watched::compare(&mut tx, source, &seen, now).await?;
    tx.commit().await?;
    let ready = seen.into_iter().filter_map(|file| {
        let since = *since.get(&file.path)?;
        Some(Seen {
            since: Some(since),
            ..file
        })
    });
    Ok(ready.collect())
}

/// True if the file was taken or turned down; false if it is left for later.
async fn take(
    backend: &Backend,
    source: &SourceRow,
    folder: &Arc<OwnedFd>,
    file: &Seen,
    meant: Meant,
) -> Result<bool, Obstacle> {
    let now = backend.clock.now();
    let known = {
        let mut db = backend.db.acquire().await?;
        watched::known(&mut db, source.id, &meant.external_id, &file.name).await?
    };
    if let Some(known) = known.filter(|known| known.path.as_deref() == Some(&*file.path)) {
        // Whatever lies there since before is the file that it came of, which could not be moved out of the way then;
        // a newer one is another file of this name.
        let is_same = file.since.is_some_and(|since| since < known.due_at);
        match known.state {
            ItemState::Done if is_same => {
                return away(folder, file, &meant, None).await.map(|()| true);
            }
            ItemState::Failed if is_same => return Ok(false),
            ItemState::Waiting if known.due_at > now => return Ok(false),
            _ => {}
        }
    }
    let Some(opened) = open_as_seen(folder, file).await? else {
        return Ok(false);
    };
    if !is_ready(&meant, file, &opened, now)
        .await
        .map_err(Obstacle::Everywhere)?
    {
        return Ok(false);
    }
    let outcome = delivery::deliver_file(
        backend,
        &actor_of(source),
        delivery_of(source, file, &meant),
        opened,
    )
    .await
    .map_err(trouble_of);
    let (outcome, at, reason) = match outcome {
        Ok(delivered) => (Ok(delivered.session), now, None),
        Err(Trouble::Later(reason)) => (Err(ItemState::Waiting), now + PAUSE, Some(reason)),
        Err(Trouble::Never(reason)) => (Err(ItemState::Failed), now, Some(reason)),
    };
    let recorded = outcome.map_err(|state| (state, reason.as_deref().unwrap_or_default()));
    let mut db = backend.db.acquire().await?;
    watched::record(&mut db, source.id, file, &meant, recorded, at).await?;
    drop(db);
    match outcome {
        Err(ItemState::Waiting) => return Ok(false),
        Err(_) => notices::tell_of(backend, source.id).await?,
        Ok(_) => {}
    }
    away(folder, file, &meant, reason).await.map(|()| true)
}

/// None if it is gone, or not as it was seen any more: files that came before it in this look may have taken a while.
async fn open_as_seen(folder: &Arc<OwnedFd>, file: &Seen) -> Result<Option<File>, Obstacle> {
    let seen = file.clone();
    let opened = blocking(folder, move |folder| {
        let opened = open_file(&folder, &seen.path)?;
        Ok(walk::is_as_seen(&opened, &seen)?.then_some(opened))
    });
    match opened.await.map_err(Obstacle::Everywhere)? {
        Ok(opened) => Ok(opened),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Obstacle::Here(error.to_string())),
    }
}

/// With a marker its writer says so; without, the media must read clean, or have had time enough to become so.
async fn is_ready(
    meant: &Meant,
    file: &Seen,
    opened: &File,
    now: DateTime<Utc>,
) -> Result<bool, Trouble> {
    if meant.has_marker || now - file.modified_at > STILL_WRITTEN {
        return Ok(true);
    }
    let Some(content_type) = meant.content_type(&file.name) else {
        // It will never be taken, and its name says so already.
        return Ok(true);
    };
    let opened = opened
        .try_clone()
        .map_err(|error| ours(Error::internal(error)))?;
    let probed = spawn_blocking(move || media::probe(&opened, content_type).is_ok()).await;
    probed.map_err(|error| ours(Error::internal(error)))
}

fn open_file(folder: &OwnedFd, path: &str) -> std::io::Result<File> {
    // NONBLOCK: the open of a pipe that somebody put there must not hang.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    open_beneath(folder, path, flags, Mode::empty()).map(File::from)
}

fn delivery_of(source: &SourceRow, file: &Seen, meant: &Meant) -> Delivery {
    Delivery {
        project: source.project,
        source: "folder".to_owned(),
        external_id: Some(external_id(source, &meant.external_id, &file.name)),
        session: AboutSession {
            room: Some(meant.room.clone()),
            conference_number: Some(meant.conference_number.clone()),
            started_at: meant.started_at,
            ended_at: meant.ended_at,
            title: meant.title.clone(),
        },
        file: AboutFile {
            name: file.name.clone(),
            kind: meant.kind,
            ..AboutFile::default()
        },
    }
}

/// Moves a file out of the way: to `done/`, or with a reason to `failed/`.
async fn away(
    folder: &Arc<OwnedFd>,
    file: &Seen,
    meant: &Meant,
    reason: Option<String>,
) -> Result<(), Obstacle> {
    let (path, sidecars) = (file.path.clone(), meant.sidecars.clone());
    let moved = blocking(folder, move |folder| {
        moving::away(&folder, &path, &sidecars, reason.as_deref())
    });
    moved.await.map_err(Obstacle::Everywhere)?.map_err(|error| {
        Obstacle::Here(format!(
            "it cannot be moved out of the way: {error}; let the server write to the folder"
        ))
    })
}

/// The content type of a file that a session may have.
fn content_type(kind: Option<FileKind>, name: &str) -> Option<&'static str> {
    match kind {
        Some(kind) => kind.content_type_of(name).ok(),
        None => FileKind::classify(name)
            .ok()
            .map(|(_, content_type)| content_type),
    }
}
