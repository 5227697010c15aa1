//! From ids to numbers, and back.

use super::{Named, Numbers, store};
use crate::files::{FileId, FileKind};
use crate::members::MemberId;
use crate::sessions::SessionId;
use crate::{Actor, Backend, Error, Permission};

/// The numbers of these sessions and of their files. What is not the actor's is not there.
pub async fn of(
    backend: &Backend,
    actor: &Actor,
    sessions: &[SessionId],
) -> Result<Numbers, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    Ok(Numbers {
        sessions: store::sessions(&mut db, scope, sessions).await?,
        files: store::files(&mut db, scope, sessions).await?,
    })
}

/// The recording of this number. Files that are no recordings have no name here.
pub async fn recording(
    backend: &Backend,
    actor: &Actor,
    number: i64,
) -> Result<Named<FileId>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    Ok(match store::file(&mut db, number).await? {
        Some(row) if !FileKind::RECORDINGS.contains(&row.kind) => Named::Nothing,
        Some(row) if row.account == scope.account && scope.covers(row.project) => {
            Named::Own(row.id)
        }
        Some(_) => Named::Foreign,
        None => Named::Nothing,
    })
}

/// The member of this number; one who was removed is nobody.
pub async fn member(
    backend: &Backend,
    actor: &Actor,
    number: i64,
) -> Result<Named<MemberId>, Error> {
    let scope = actor.scope(Permission::SeeRecordings)?;
    let mut db = backend.db.acquire().await?;
    Ok(match store::member(&mut db, number).await? {
        Some((id, account)) if account == scope.account => Named::Own(id),
        Some(_) => Named::Foreign,
        None => Named::Nothing,
    })
}
