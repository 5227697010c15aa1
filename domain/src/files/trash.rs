//! Governing files one by one: secure or not, into the trash and back; the page of trash and tombstones.

use sqlx::PgConnection;

use super::{DiscardedFile, FileId, GovernedSession, store};
use crate::accounts::actions::is_deceptive;
use crate::audit::{self, Event, Subject};
use crate::files::DiscardCause;
use crate::page::{Position, limit};
use crate::projects::ProjectId;
use crate::sessions::SessionId;
use crate::{Actor, Backend, Error, Page, PageRequest, Permission};

/// A session with what was decided about it and its files.
pub async fn session(
    backend: &Backend,
    actor: &Actor,
    session: SessionId,
) -> Result<GovernedSession, Error> {
    actor.may(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    let now = backend.clock.now();
    store::govern::session(&mut db, actor.account, session, now)
        .await?
        .ok_or(Error::NotFound("session"))
}

/// One page of a project's trash (`is_deleted` false) or of its tombstones, by when they came into the trash, latest
/// first. A damaged cursor is a problem of the field `cursor`.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    is_deleted: bool,
    request: &PageRequest,
) -> Result<Page<DiscardedFile>, Error> {
    let scope = actor.scope_of(Permission::SeeRecordings, project)?;
    let position = Position::asked_by_time(request)?;
    let list = store::govern::List {
        account: scope.account,
        project,
        is_deleted,
    };
    let mut db = backend.db.acquire().await?;
    let files = store::govern::discarded(&mut db, list, position.as_ref(), limit(request)).await?;
    let total = store::govern::count_discarded(&mut db, list).await?;
    let place = |file: &DiscardedFile| (file.discard.at.timestamp_micros(), *file.id.as_uuid());
    Ok(Page::keyset(
        files,
        request,
        position.as_ref(),
        total.cast_unsigned(),
        place,
    ))
}

/// Marks a file secure, so that it needs a credential also where its project is open; or takes the mark away.
pub async fn set_secure(
    backend: &Backend,
    actor: &Actor,
    file: FileId,
    is_secure: bool,
) -> Result<(), Error> {
    let scope = actor.scope(Permission::SetPolicies)?;
    let mut tx = backend.db.begin().await?;
    if !store::govern::set_secure(&mut tx, scope, file, is_secure).await? {
        return Err(Error::NotFound("file"));
    }
    let event = if is_secure {
        Event::FileSecured
    } else {
        Event::FileUnsecured
    };
    audit::record_on(
        &mut tx,
        actor,
        event,
        Subject::File(file),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// What is moved to the trash together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashTarget {
    File(FileId),
    /// All files of a session that are not there yet.
    Session(SessionId),
}

/// Moves files to the trash and says why; gives back how many. `Conflict` while a legal hold stands, and if there is
/// nothing left to move.
pub async fn discard(
    backend: &Backend,
    actor: &Actor,
    target: TrashTarget,
    reason: &str,
) -> Result<u64, Error> {
    let scope = actor.scope(Permission::DeleteFiles)?;
    let reason = reason_of("reason", reason)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    lock(&mut tx).await?;
    let (file, session, subject) = match target {
        TrashTarget::File(file) => (Some(file), None, Subject::File(file)),
        TrashTarget::Session(session) => (None, Some(session), Subject::Session(session)),
    };
    let found = store::govern::targets(&mut tx, scope, file, session).await?;
    if found.is_empty() {
        return Err(Error::NotFound("file"));
    }
    if found.iter().any(|file| file.is_held) {
        return Err(Error::Conflict(
            "A legal hold stands on this session or its project: nothing of it can be deleted until it is lifted."
                .to_owned(),
        ));
    }
    let ids: Vec<FileId> = found
        .iter()
        .filter(|file| !file.is_trashed)
        .map(|file| file.id)
        .collect();
    if ids.is_empty() {
        return Err(Error::Conflict("It is in the trash already.".to_owned()));
    }
    store::govern::discard(
        &mut tx,
        &ids,
        actor.member(),
        DiscardCause::Manual,
        &reason,
        now,
    )
    .await?;
    audit::record_on(&mut tx, actor, Event::FilesTrashed, subject, now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(ids.len() as u64)
}

/// Takes a file out of the trash. `Conflict` when its bytes are deleted, and when its project would move it back.
pub async fn restore(backend: &Backend, actor: &Actor, file: FileId) -> Result<(), Error> {
    let scope = actor.scope(Permission::DeleteFiles)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    lock(&mut tx).await?;
    let Some(row) = store::find(&mut tx, file).await? else {
        return Err(Error::NotFound("file"));
    };
    if row.account != scope.account || !scope.covers(row.project) {
        return Err(Error::NotFound("file"));
    }
    if row.is_deleted {
        return Err(Error::Conflict(
            "Its bytes are deleted: it cannot be restored any more.".to_owned(),
        ));
    }
    if !row.is_trashed {
        return Err(Error::Conflict(
            "It is not in the trash any more.".to_owned(),
        ));
    }
    if row.deletes_bytes && !row.is_held && row.policy().is_expired(row.session_ended_at, now) {
        return Err(Error::Conflict(
            "The project's retention would move it to the trash again. Change the retention, or place a legal hold, \
             and then restore it."
                .to_owned(),
        ));
    }
    store::govern::restore(&mut tx, file).await?;
    audit::record_on(
        &mut tx,
        actor,
        Event::FilesRestored,
        Subject::File(file),
        now,
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Why something is done, as people write it: trimmed, not empty, one line.
pub(crate) fn reason_of(field: &str, typed: &str) -> Result<String, Error> {
    let reason = typed.trim();
    if reason.is_empty() {
        return Err(Error::invalid(
            field,
            "Say why: it is kept with the record.",
        ));
    }
    if reason.chars().count() > 300 {
        return Err(Error::invalid(field, "Use at most 300 characters."));
    }
    if reason.chars().any(is_deceptive) {
        return Err(Error::invalid(
            field,
            "Leave out control and invisible characters.",
        ));
    }
    Ok(reason.to_owned())
}

/// One at a time, until the transaction ends: whatever moves files towards deletion, and whatever stops that. A hold
/// that was placed must never be overtaken by a deletion that looked for holds before.
pub(crate) async fn lock(db: &mut PgConnection) -> Result<(), Error> {
    /// "files" in ASCII.
    const KEY: i64 = 0x66_69_6c_65_73;
    sqlx::query!("select pg_advisory_xact_lock($1)", KEY)
        .execute(db)
        .await?;
    Ok(())
}
