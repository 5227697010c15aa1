//! Watched folders: files are taken when they stand still, and moved out of the way afterwards.
//!
//! - Looked into on a timer, which works on network disks too. A file is taken when its size and time are those of the
//!   look before, and a marker stands beside it (`.done`, or a sidecar `.json`) or its media reads clean.
//! - Layouts: `<room>/<conference number>/<file>`; Jibri's `<session>/<name>.mp4` with `metadata.json`; LiveKit's files
//!   with the manifest `<egress id>.json` beside them; anything else by its own name.
//! - What was taken lies in `done/` afterwards, what cannot be taken in `failed/` with `<name>.reason.txt` beside it.
//! - No link is followed, and nothing outside of the folder is read or written (R115, R117).

mod layout;
mod moving;
mod walk;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::{Mode, OFlags};
use tokio::task::spawn_blocking;

pub(super) use self::layout::Meant;
pub(super) use self::walk::Seen;
use super::fetching::{Trouble, actor_of, ours, trouble_of};
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

/// Looks into a folder and takes one file, if one is ready.
pub(super) async fn look(backend: &Backend, source: &SourceRow) -> Result<More, Trouble> {
    let folder = open(backend, source).await?;
    put_back(backend, source, &folder).await?;
    let seen = blocking(&folder, |folder| walk::walk(&folder)).await?;
    let ready = compare(backend, source.id, &seen).await.map_err(ours)?;
    for file in ready {
        let meant = {
            let file = file.clone();
            blocking(&folder, move |folder| layout::read(&folder, &file)).await?
        };
        if let Some(meant) = meant
            && take(backend, source, &folder, &file, meant).await?
        {
            return Ok(More::Now);
        }
    }
    Ok(More::Later)
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
    work: impl FnOnce(Arc<OwnedFd>) -> std::io::Result<T> + Send + 'static,
) -> Result<T, Trouble> {
    let folder = Arc::clone(folder);
    spawn_blocking(move || work(folder))
        .await
        .map_err(|error| ours(Error::internal(error)))?
        .map_err(|error| Trouble::Later(format!("The folder cannot be read: {error}.")))
}

/// Whoever pressed Retry for a file wants it looked at again.
async fn put_back(
    backend: &Backend,
    source: &SourceRow,
    folder: &Arc<OwnedFd>,
) -> Result<(), Trouble> {
    let mut db = backend.db.acquire().await.map_err(ours)?;
    let waiting = watched::waiting(&mut db, source.id).await.map_err(ours)?;
    drop(db);
    for path in waiting {
        blocking(folder, move |folder| moving::put_back(&folder, &path)).await?;
    }
    Ok(())
}

/// Those that have stood still since the look before, and are not known to be hopeless.
async fn compare(backend: &Backend, source: SourceId, seen: &[Seen]) -> Result<Vec<Seen>, Error> {
    let now = backend.clock.now();
    let mut ready = Vec::new();
    let mut tx = backend.db.begin().await?;
    for file in seen {
        let since = watched::stood_still(&mut tx, source, file, now).await?;
        if since.is_some() {
            ready.push(Seen {
                since,
                ..file.clone()
            });
        }
    }
    let paths: Vec<String> = seen.iter().map(|file| file.path.clone()).collect();
    watched::forget_others(&mut tx, source, &paths).await?;
    tx.commit().await?;
    Ok(ready)
}

/// True if the file was taken or turned down; false if it is left for later.
async fn take(
    backend: &Backend,
    source: &SourceRow,
    folder: &Arc<OwnedFd>,
    file: &Seen,
    meant: Meant,
) -> Result<bool, Trouble> {
    let now = backend.clock.now();
    let known = {
        let mut db = backend.db.acquire().await.map_err(ours)?;
        watched::known(&mut db, source.id, &meant.external_id, &file.name)
            .await
            .map_err(ours)?
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
    let opened = {
        let path = file.path.clone();
        blocking(folder, move |folder| open_file(&folder, &path)).await?
    };
    if !is_ready(&meant, file, &opened, now).await? {
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
    let mut tx = backend.db.begin().await.map_err(ours)?;
    match outcome {
        Ok(delivered) => {
            watched::record(&mut tx, source.id, file, &meant, Ok(delivered.session), now)
                .await
                .map_err(ours)?;
            tx.commit().await.map_err(ours)?;
            away(folder, file, &meant, None).await?;
            Ok(true)
        }
        Err(Trouble::Later(reason)) => {
            let later = Err((ItemState::Waiting, reason.as_str()));
            watched::record(&mut tx, source.id, file, &meant, later, now + PAUSE)
                .await
                .map_err(ours)?;
            tx.commit().await.map_err(ours)?;
            Ok(false)
        }
        Err(Trouble::Never(reason)) => {
            let never = Err((ItemState::Failed, reason.as_str()));
            let is_news = watched::record(&mut tx, source.id, file, &meant, never, now)
                .await
                .map_err(ours)?;
            if is_news {
                notices::tell(backend, &mut tx, source, &file.name, &meant.room, &reason)
                    .await
                    .map_err(ours)?;
            }
            tx.commit().await.map_err(ours)?;
            backend.nudge();
            away(folder, file, &meant, Some(reason)).await?;
            Ok(true)
        }
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
        external_id: Some(format!("{}/{}/{}", source.id, meant.external_id, file.name)),
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
) -> Result<(), Trouble> {
    let (path, sidecars) = (file.path.clone(), meant.sidecars.clone());
    let folder = Arc::clone(folder);
    let moved = spawn_blocking(move || moving::away(&folder, &path, &sidecars, reason.as_deref()))
        .await
        .map_err(|error| ours(Error::internal(error)))?;
    moved.map_err(|error| {
        Trouble::Later(format!(
            "Files are taken, and cannot be moved out of the way: {error}. Let the server write to the folder."
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
