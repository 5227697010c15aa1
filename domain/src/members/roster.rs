//! Who is in an account: listing members, changing roles, disabling and removing.
//!
//! Every change locks the account first, so that of two at once the second sees what the first did: an account
//! always keeps an owner who can sign in.

use sqlx::PgConnection;

use super::{ListedMember, MemberId, roster_store as store};
use crate::audit::{self, Event};
use crate::{
    Actor, Backend, Caller, Error, Permission, Role, password_resets, second_factors, sign_ins,
};

/// The members of the account, removed ones left out: by role, then by name.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<ListedMember>, Error> {
    actor.may(Permission::ManageMembers)?;
    let mut db = backend.db.acquire().await?;
    let mut members = store::list(&mut db, actor.account).await?;
    members.sort_by_key(|member| Role::ALL.iter().position(|role| *role == member.role));
    Ok(members)
}

/// Gives a member another role. It holds from the member's next request on.
pub async fn change_role(
    backend: &Backend,
    actor: &Actor,
    id: MemberId,
    role: Role,
) -> Result<(), Error> {
    actor.may(Permission::ManageMembers)?;
    let mut tx = backend.db.begin().await?;
    let member = lock(&mut tx, actor, id).await?;
    may_govern(actor, role)?;
    if member.role == role {
        return Ok(());
    }
    if role != Role::Owner {
        keeps_an_owner(&mut tx, actor, &member).await?;
    }
    store::update_role(&mut tx, id, role).await?;
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::MemberRoleChanged, *id.as_uuid(), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps a member from signing in, and ends the member's sign-ins at once.
pub async fn disable(backend: &Backend, actor: &Actor, id: MemberId) -> Result<(), Error> {
    actor.may(Permission::ManageMembers)?;
    let mut tx = backend.db.begin().await?;
    let member = lock(&mut tx, actor, id).await?;
    keeps_an_owner(&mut tx, actor, &member).await?;
    let now = backend.clock.now();
    store::disable(&mut tx, id, now).await?;
    shut_out(&mut tx, id).await?;
    audit::record_on(&mut tx, actor, Event::MemberDisabled, *id.as_uuid(), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets a disabled member sign in again, with the password of before.
pub async fn enable(backend: &Backend, actor: &Actor, id: MemberId) -> Result<(), Error> {
    actor.may(Permission::ManageMembers)?;
    let mut tx = backend.db.begin().await?;
    lock(&mut tx, actor, id).await?;
    store::enable(&mut tx, id).await?;
    let now = backend.clock.now();
    audit::record_on(&mut tx, actor, Event::MemberEnabled, *id.as_uuid(), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes a member and ends the member's sign-ins at once. The row stays for the audit; the address is free to be
/// invited again.
pub async fn remove(backend: &Backend, actor: &Actor, id: MemberId) -> Result<(), Error> {
    actor.may(Permission::ManageMembers)?;
    let mut tx = backend.db.begin().await?;
    let member = lock(&mut tx, actor, id).await?;
    keeps_an_owner(&mut tx, actor, &member).await?;
    let now = backend.clock.now();
    store::remove(&mut tx, id, now).await?;
    second_factors::actions::forget(&mut tx, id).await?;
    shut_out(&mut tx, id).await?;
    audit::record_on(&mut tx, actor, Event::MemberRemoved, *id.as_uuid(), now).await?;
    tx.commit().await?;
    Ok(())
}

/// Only owners make owners, or touch them.
pub(crate) fn may_govern(actor: &Actor, other: Role) -> Result<(), Error> {
    match actor.caller {
        Caller::Member { role, .. }
        | Caller::ServiceAccount {
            role: Some(role), ..
        } if !role.may_govern(other) => Err(Error::Forbidden),
        Caller::Member { .. } | Caller::Operator | Caller::ServiceAccount { role: Some(_), .. } => {
            Ok(())
        }
        Caller::Application { .. } | Caller::ServiceAccount { role: None, .. } => {
            Err(Error::Forbidden)
        }
    }
}

/// Locks the account, and finds the member that is to be changed. What the actor may do is asked anew: a change that
/// came first may have taken it away.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MemberId,
) -> Result<ListedMember, Error> {
    store::lock_account(tx, actor.account).await?;
    let member = store::find(tx, actor.account, id)
        .await?
        .ok_or(Error::NotFound("member"))?;
    if let Some(own) = actor.member() {
        if own == id {
            return Err(Error::Conflict(
                "You cannot do this to yourself, so that you do not lock yourself out. Ask another owner or admin."
                    .to_owned(),
            ));
        }
        let role = store::find_role(tx, own).await?.ok_or(Error::Forbidden)?;
        if !role.may_govern(member.role) {
            return Err(Error::Forbidden);
        }
    }
    Ok(member)
}

async fn keeps_an_owner(
    tx: &mut PgConnection,
    actor: &Actor,
    leaving: &ListedMember,
) -> Result<(), Error> {
    if leaving.role != Role::Owner
        || store::count_other_owners(tx, actor.account, leaving.id).await? > 0
    {
        return Ok(());
    }
    Err(Error::Conflict(
        "This is the account's last owner. Make somebody else an owner first.".to_owned(),
    ))
}

/// Ends what lets the member in, now or later.
async fn shut_out(tx: &mut PgConnection, id: MemberId) -> Result<(), Error> {
    sign_ins::actions::end_all_of(tx, id, None).await?;
    password_resets::actions::void(tx, id).await
}
