//! Opening one session, and describing it.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn_blocking;

use super::{Read, SessionDetail, store};
use crate::access_log::{AccessLog, Attempt, Caller, EntryId, Reason, Way};
use crate::audit::{self, Event, Subject};
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
/// Each file that is read leaves a row in the access log, which says `user_agent` of who reads it.
pub async fn open(
    backend: &Backend,
    actor: &Actor,
    id: SessionId,
    user_agent: Option<String>,
) -> Result<SessionDetail, Error> {
    actor.scope(Permission::SeeRecordings)?;
    // SECURITY: the page shows what was said in the files, which is no less than opening them.
    let scope = actor.scope(Permission::OpenFiles)?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let row = store::find(&mut db, scope, id)
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
        let files: Vec<FileSummary> = there.cloned().collect();
        let shelf = Shelf {
            vault: backend.vault.clone(),
            log: backend.access_log.clone(),
            attempt: reading(actor, now, user_agent),
        };
        spawn_blocking(move || Contents::read(&shelf, &files))
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
    let scope = actor.scope(Permission::EditSessions)?;
    let new = Description::parse(title, tags)?;
    let mut tx = backend.db.begin().await?;
    let title = new.title.as_deref();
    if !store::update_description(&mut tx, scope, id, title, &new.tags).await? {
        return Err(Error::NotFound("session"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::SessionDescribed,
        Subject::Session(id),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a new description of the one that is there, which nobody else changes meanwhile. With `before` only where it is
/// still that one: `Conflict` if somebody has changed it.
pub async fn describe_anew(
    backend: &Backend,
    actor: &Actor,
    id: SessionId,
    before: Option<&Description>,
    change: impl FnOnce(Description) -> Result<Description, Error> + Send,
) -> Result<(), Error> {
    let scope = actor.scope(Permission::EditSessions)?;
    let mut tx = backend.db.begin().await?;
    let Some(found) = store::lock_description(&mut tx, scope, id).await? else {
        return Err(Error::NotFound("session"));
    };
    if before.is_some_and(|before| found != *before) {
        return Err(Error::Conflict(
            "The session was changed meanwhile.".to_owned(),
        ));
    }
    let new = change(found)?;
    store::update_description(&mut tx, scope, id, new.title.as_deref(), &new.tags).await?;
    let (event, now) = (Event::SessionDescribed, backend.clock.now());
    audit::record_on(&mut tx, actor, event, Subject::Session(id), now).await?;
    tx.commit().await?;
    Ok(())
}

/// What the rows of all files that the page reads have in common.
fn reading(actor: &Actor, now: DateTime<Utc>, user_agent: Option<String>) -> Attempt {
    Attempt {
        id: EntryId::new(now),
        occurred_at: now,
        account: Some(actor.account),
        caller_account: Some(actor.account),
        file: None,
        caller: actor.member().map_or(Caller::NOBODY, Caller::member),
        way: Way::Cookie,
        client: actor.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        user_agent,
        method: "GET".to_owned(),
        status: 200,
        bytes_sent: 0,
        reason: None,
    }
}

/// What the files that can be read as text say.
struct Contents {
    chat: Read<Script>,
    metadata: Read<Metadata>,
    captions: Vec<(FileId, Script)>,
}

impl Contents {
    /// Blocks while it reads.
    fn read(shelf: &Shelf, files: &[FileSummary]) -> Self {
        let of_kind = |kind| files.iter().filter(move |file| file.kind == kind);
        let first = |kind| of_kind(kind).next();
        let captions = of_kind(FileKind::Captions).take(MAX_CAPTIONS);
        Self {
            chat: shelf.read(first(FileKind::Chat), script::MAX_BYTES, |bytes, is_cut| {
                Some(read_chat(bytes, is_cut))
            }),
            metadata: shelf.read(
                first(FileKind::Metadata),
                metadata::MAX_BYTES,
                |bytes, is_cut| {
                    if is_cut { None } else { read_metadata(bytes) }
                },
            ),
            captions: captions
                .filter_map(|file| {
                    let (bytes, is_cut) = shelf.beginning(file, script::MAX_BYTES)?;
                    Some((file.id, read_captions(&bytes, is_cut)))
                })
                .collect(),
        }
    }
}

/// Where the page reads files, each with a row of the access log: showing what was said is no less than a download.
struct Shelf {
    vault: Vault,
    log: AccessLog,
    /// A row without its file.
    attempt: Attempt,
}

impl Shelf {
    /// What `parse` makes of a file's beginning; it is told whether there is more.
    fn read<T>(
        &self,
        file: Option<&FileSummary>,
        most: usize,
        parse: impl FnOnce(&[u8], bool) -> Option<T>,
    ) -> Read<T> {
        let Some(file) = file else {
            return Read::Absent;
        };
        self.beginning(file, most)
            .and_then(|(bytes, is_cut)| parse(&bytes, is_cut))
            .map_or(Read::Unreadable(file.id), |value| {
                Read::Understood(file.id, value)
            })
    }

    /// At most so many bytes of a file, and whether it goes on. None, and a line in the log, if the vault cannot read
    /// it: the page then shows everything else.
    fn beginning(&self, file: &FileSummary, most: usize) -> Option<(Vec<u8>, bool)> {
        let id = file.id;
        let read = self.vault.beginning(id, most).inspect_err(
            |error| tracing::warn!(file = %id, %error, "a session file cannot be read for its session's page"),
        );
        let size = read.as_ref().ok().map(|(bytes, _)| bytes.len());
        self.record(file, size);
        read.ok()
    }

    /// So many bytes of a file were read; None: it could not be.
    fn record(&self, file: &FileSummary, size: Option<usize>) {
        let mut attempt = self.attempt.clone();
        attempt.id = EntryId::new(attempt.occurred_at);
        attempt.file = Some((file.id, file.name.clone()));
        if let Some(size) = size {
            attempt.bytes_sent = u64::try_from(size).unwrap_or(u64::MAX);
        } else {
            attempt.status = 500;
            attempt.reason = Some(Reason::NotInVault);
        }
        self.log.record(attempt);
    }
}
