//! Deciding about a project: who may open its files, and how long they are kept.

use super::{
    Access, Limits, MAX_PUBLIC_HOURS, MAX_RETENTION_HOURS, ProjectId, Retention, RetentionForecast,
    store,
};
use crate::audit::{self, Event, Subject};
use crate::files::trash::lock;
use crate::{Actor, Backend, Error, Permission};

/// Sets secure mode and the public window, in hours. It holds for the next request.
pub async fn set_access(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    is_secure: bool,
    public_hours: u32,
) -> Result<(), Error> {
    actor.scope_of(Permission::SetPolicies, project)?;
    let access = Access {
        is_secure,
        public_hours,
    };
    write_access(backend, actor, project, None, access).await
}

/// The same for whoever decided by what it was `before`: `Conflict` if it is something else by now. What it is already
/// is no change.
pub async fn change_access(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    before: Access,
    access: Access,
) -> Result<(), Error> {
    actor.scope_of(Permission::SetPolicies, project)?;
    if before == access {
        return Ok(());
    }
    write_access(backend, actor, project, Some(before), access).await
}

async fn write_access(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    before: Option<Access>,
    access: Access,
) -> Result<(), Error> {
    if !(1..=MAX_PUBLIC_HOURS).contains(&access.public_hours) {
        return Err(Error::invalid(
            "public_hours",
            format!("Enter whole hours from 1 to {MAX_PUBLIC_HOURS}."),
        ));
    }
    let mut tx = backend.db.begin().await?;
    if !store::set_access(&mut tx, actor.account, project, before, access).await? {
        return Err(match before {
            Some(_) => Error::Conflict(
                "Somebody else has just changed who can open the project's files.".to_owned(),
            ),
            None => Error::NotFound("project"),
        });
    }
    let event = if access.is_secure {
        Event::ProjectSecured
    } else {
        Event::ProjectOpened
    };
    let (subject, now) = (Subject::Project(project), backend.clock.now());
    audit::record_on(&mut tx, actor, event, subject, now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Bytes of the largest limit: an exabyte.
const MAX_LIMIT: u64 = 1_000_000_000_000_000_000;

/// Limits what is sent in from now on. What is there already stays.
pub async fn set_limits(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    limits: Limits,
) -> Result<(), Error> {
    actor.may(Permission::SetPolicies)?;
    for (field, limit) in [
        ("file_limit", limits.file_bytes),
        ("quota", limits.total_bytes),
    ] {
        if limit.is_some_and(|bytes| !(1..=MAX_LIMIT).contains(&bytes)) {
            let message = "Enter a size above 0, or nothing for no limit.";
            return Err(Error::invalid(field, message));
        }
    }
    let mut tx = backend.db.begin().await?;
    if !store::set_limits(&mut tx, actor.account, project, limits).await? {
        return Err(Error::NotFound("project"));
    }
    let now = backend.clock.now();
    let subject = Subject::Project(project);
    audit::record_on(&mut tx, actor, Event::ProjectLimited, subject, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The dry run: what this retention would do if it were saved now. Changes nothing.
pub async fn forecast(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    wish: Retention,
) -> Result<RetentionForecast, Error> {
    permit(actor, wish)?;
    check(wish)?;
    let mut db = backend.db.acquire().await?;
    store::forecast(&mut db, actor.account, project, wish, backend.clock.now())
        .await?
        .ok_or(Error::NotFound("project"))
}

/// Sets the retention. Expiry holds for the next request; the trash is background work.
pub async fn set_retention(
    backend: &Backend,
    actor: &Actor,
    project: ProjectId,
    wish: Retention,
) -> Result<(), Error> {
    permit(actor, wish)?;
    check(wish)?;
    let mut tx = backend.db.begin().await?;
    lock(&mut tx).await?;
    if !store::set_retention(&mut tx, actor.account, project, wish).await? {
        return Err(Error::NotFound("project"));
    }
    audit::record_on(
        &mut tx,
        actor,
        Event::RetentionChanged,
        Subject::Project(project),
        backend.clock.now(),
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// A rule that deletes is a deletion.
fn permit(actor: &Actor, wish: Retention) -> Result<(), Error> {
    actor.may(Permission::SetPolicies)?;
    if wish.deletes_bytes {
        actor.may(Permission::DeleteFiles)?;
    }
    Ok(())
}

fn check(wish: Retention) -> Result<(), Error> {
    match wish.hours {
        Some(hours) if !(1..=MAX_RETENTION_HOURS).contains(&hours) => Err(Error::invalid(
            "retention_hours",
            format!("Enter whole hours from 1 to {MAX_RETENTION_HOURS}."),
        )),
        None if wish.deletes_bytes => Err(Error::invalid(
            "deletes_bytes",
            "Files that never expire are never deleted: choose after how many hours they expire.",
        )),
        _ => Ok(()),
    }
}
