//! Legal holds: while one stands on a session or its project, its files neither expire nor are deleted.

use super::{HoldId, HoldTarget, store};
use crate::audit::{self, Event, Subject};
use crate::files::trash::{lock, reason_of};
use crate::{Actor, Backend, Error, Permission};

/// Places a hold and says why. `Conflict` if one stands there already.
pub async fn place(
    backend: &Backend,
    actor: &Actor,
    target: HoldTarget,
    reason: &str,
) -> Result<(), Error> {
    actor.may(Permission::SetPolicies)?;
    let reason = reason_of("reason", reason)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    // Whatever deletes has ended, or begins after this hold stands.
    lock(&mut tx).await?;
    let Some(standing) = store::hold_of(&mut tx, actor.account, target).await? else {
        return Err(not_found(target));
    };
    if standing.is_some() {
        return Err(Error::Conflict(
            "A legal hold stands here already. Lift it first to give another reason.".to_owned(),
        ));
    }
    let id = HoldId::new(now);
    store::insert_hold(&mut tx, actor, id, target, &reason, now).await?;
    store::set_hold(&mut tx, target, Some(id)).await?;
    audit::record_on(&mut tx, actor, Event::HoldPlaced, subject(target), now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Lifts the hold that stands there; the record of it stays. `Conflict` if there is none.
pub async fn lift(backend: &Backend, actor: &Actor, target: HoldTarget) -> Result<(), Error> {
    actor.may(Permission::SetPolicies)?;
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    lock(&mut tx).await?;
    let Some(standing) = store::hold_of(&mut tx, actor.account, target).await? else {
        return Err(not_found(target));
    };
    let Some(id) = standing else {
        return Err(Error::Conflict(
            "No legal hold stands here any more.".to_owned(),
        ));
    };
    store::set_hold(&mut tx, target, None).await?;
    store::lift_hold(&mut tx, id, actor, now).await?;
    audit::record_on(&mut tx, actor, Event::HoldLifted, subject(target), now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

const fn subject(target: HoldTarget) -> Subject {
    match target {
        HoldTarget::Project(project) => Subject::Project(project),
        HoldTarget::Session(session) => Subject::Session(session),
    }
}

const fn not_found(target: HoldTarget) -> Error {
    match target {
        HoldTarget::Project(_) => Error::NotFound("project"),
        HoldTarget::Session(_) => Error::NotFound("session"),
    }
}
