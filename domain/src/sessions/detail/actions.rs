//! Opening one session, and describing it.

use std::io::Read as _;

use chrono::TimeDelta;
use tokio::task::spawn_blocking;

use super::{Read, SessionDetail, store};
use crate::audit::{self, Event};
use crate::files::vault::Vault;
use crate::files::{FileId, FileKind, FileState, FileSummary};
use crate::sessions::description::Description;
use crate::sessions::metadata::{self, Metadata, read_metadata};
use crate::sessions::script::{self, Script, read_captions, read_chat};
use crate::sessions::{SessionId, completeness};
use crate::{Actor, Backend, Error, Permission, files};

/// Captions files that are read of one session: one for each language is a handful.
const MAX_CAPTIONS: usize = 8;

/// The session with its files, and what its chat, captions and metadata say. `NotFound` also for another account's.
pub async fn open(backend: &Backend, actor: &Actor, id: SessionId) -> Result<SessionDetail, Error> {
    actor.may(Permission::SeeRecordings)?;
    // SECURITY: the page shows what was said in the files, which is no less than opening them.
    actor.may(Permission::OpenFiles)?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let row = store::find(&mut db, actor.account, id)
        .await?
        .ok_or(Error::NotFound("session"))?;
    let files: Vec<FileSummary> = files::store::list_of(&mut db, &[id], now)
        .await?
        .into_iter()
        .map(|(_, file)| file)
        .collect();
    drop(db);
    let contents = {
        // SECURITY: what the gate would not give any more is not shown here either.
        let there = files.iter().filter(|file| file.state == FileState::There);
        let (vault, files) = (backend.vault.clone(), there.cloned().collect::<Vec<_>>());
        spawn_blocking(move || Contents::read(&vault, &files))
            .await
            .map_err(Error::internal)?
    };
    let duration_ms = row.duration_ms.cast_unsigned();
    let ended_at = row.ended_at.or_else(|| {
        row.started_at
            .checked_add_signed(TimeDelta::try_milliseconds(row.duration_ms)?)
    });
    let ended_at = ended_at.unwrap_or(row.started_at);
    let metadata = contents.metadata.as_ref();
    let names = files.iter().map(|file| (file.kind, file.name.as_str()));
    Ok(SessionDetail {
        gaps: completeness::gaps(names, metadata, ended_at, now),
        recording_started_at: metadata.and_then(Metadata::recording_started_at),
        chat: contents.chat,
        metadata: contents.metadata,
        captions: contents.captions,
        id,
        project_name: row.project_name,
        room: row.room,
        conference_number: row.conference_number,
        title: row.title,
        tags: row.tags,
        started_at: row.started_at,
        ended_at,
        duration_ms,
        size: row.size_bytes.cast_unsigned(),
        files,
    })
}

/// Replaces title and tags. `Invalid` names the fields `title` and `tags`.
pub async fn describe(
    backend: &Backend,
    actor: &Actor,
    id: SessionId,
    title: &str,
    tags: &str,
) -> Result<(), Error> {
    actor.may(Permission::EditSessions)?;
    let new = Description::parse(title, tags)?;
    let mut tx = backend.db.begin().await?;
    let title = new.title.as_deref();
    if !store::update_description(&mut tx, actor.account, id, title, &new.tags).await? {
        return Err(Error::NotFound("session"));
    }
    audit::record(&mut tx, actor, Event::SessionDescribed, backend.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// What the files that can be read as text say.
struct Contents {
    chat: Read<Script>,
    metadata: Read<Metadata>,
    captions: Vec<(FileId, Script)>,
}

impl Contents {
    /// Blocks while it reads.
    fn read(vault: &Vault, files: &[FileSummary]) -> Self {
        let of_kind = |kind| files.iter().filter(move |file| file.kind == kind);
        let first = |kind| of_kind(kind).next().map(|file| file.id);
        let captions = of_kind(FileKind::Captions).take(MAX_CAPTIONS);
        Self {
            chat: read(
                vault,
                first(FileKind::Chat),
                script::MAX_BYTES,
                |bytes, is_cut| Some(read_chat(bytes, is_cut)),
            ),
            metadata: read(
                vault,
                first(FileKind::Metadata),
                metadata::MAX_BYTES,
                |bytes, is_cut| {
                    if is_cut { None } else { read_metadata(bytes) }
                },
            ),
            captions: captions
                .filter_map(|file| {
                    let (bytes, is_cut) = beginning(vault, file.id, script::MAX_BYTES)?;
                    Some((file.id, read_captions(&bytes, is_cut)))
                })
                .collect(),
        }
    }
}

/// What `parse` makes of a file's beginning; it is told whether there is more.
fn read<T>(
    vault: &Vault,
    file: Option<FileId>,
    most: usize,
    parse: impl FnOnce(&[u8], bool) -> Option<T>,
) -> Read<T> {
    let Some(file) = file else {
        return Read::Absent;
    };
    beginning(vault, file, most)
        .and_then(|(bytes, is_cut)| parse(&bytes, is_cut))
        .map_or(Read::Unreadable(file), |value| {
            Read::Understood(file, value)
        })
}

/// At most so many bytes of a file, and whether it goes on. None, and a line in the log, if the vault cannot read it:
/// the page then shows everything else.
fn beginning(vault: &Vault, file: FileId, most: usize) -> Option<(Vec<u8>, bool)> {
    let read = || {
        let mut bytes = Vec::new();
        // One byte more than is used tells whether there is more.
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        vault.read(file)?.take(limit).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    match read() {
        Ok(mut bytes) => {
            let is_cut = bytes.len() > most;
            bytes.truncate(most);
            Some((bytes, is_cut))
        }
        Err(error) => {
            tracing::warn!(%file, %error, "a session file cannot be read for its session's page");
            None
        }
    }
}
