//! Resetting the second factor of somebody who lost it: by an owner or admin, or by the operator.

use sqlx::PgConnection;

use super::actions::{confirm, find, forget};
use crate::audit::{self, Event, Who};
use crate::background::News;
use crate::mail::{self, letters};
use crate::members::{Email, Member, MemberId, roster};
use crate::{Actor, Backend, Error, Permission, Secret, members, sign_ins};

/// Removes all second factors of another member of the account, and ends the member's sign-ins. Asks for the account
/// password of whoever does it: a browser left open must not be enough to take a factor away.
pub async fn reset(
    backend: &Backend,
    actor: &Actor,
    id: MemberId,
    password: &Secret,
) -> Result<(), Error> {
    actor.may(Permission::ManageMembers)?;
    let by = confirm(backend, actor, password).await?;
    let mut tx = backend.db.begin().await?;
    let listed = roster::lock(&mut tx, actor, id).await?;
    take_away(&mut tx, id).await?;
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::SecondFactorReset, *id.as_uuid(), now).await?;
    let letter = letters::second_factor_reset(&listed.name, &by.name, now);
    mail::outbox::put(backend, &mut tx, &listed.email, &letter).await?;
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// The same for whoever signs in with this address. For the operator's command line.
pub async fn reset_by_operator(backend: &Backend, email: &str) -> Result<Member, Error> {
    let email = Email::parse(email)?;
    let mut tx = backend.db.begin().await?;
    let member = members::actions::find_by_email(&mut tx, &email)
        .await?
        .ok_or(Error::NotFound("member"))?;
    take_away(&mut tx, member.id).await?;
    let who = Who {
        account: Some(member.account),
        member: None,
        api_secret: None,
        service_account: None,
        address: None,
    };
    let (now, subject) = (backend.clock.now(), *member.id.as_uuid());
    audit::record_on(&mut tx, who, Event::SecondFactorReset, subject, now).await?;
    let letter = letters::second_factor_reset(&member.name, "The operator of Reelgate", now);
    mail::outbox::put(backend, &mut tx, &member.email, &letter).await?;
    tx.commit().await?;
    Ok(member)
}

async fn take_away(tx: &mut PgConnection, id: MemberId) -> Result<(), Error> {
    if !find(tx, id).await?.are_on() {
        return Err(Error::Conflict(
            "This member has no second factor.".to_owned(),
        ));
    }
    forget(tx, id).await?;
    sign_ins::actions::end_all_of(tx, id, None).await
}
