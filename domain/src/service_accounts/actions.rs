//! What can be done with service accounts: see them, create, rotate, revoke, give another role.

use super::{
    MadeKey, ServiceAccount, ServiceAccountId, ServiceAccountKeyId, keys, parse_role, store,
};
use crate::accounts::AccountId;
use crate::accounts::actions::name_of;
use crate::audit::{self, Event, Subject};
use crate::credentials::Grace;
use crate::members::roster;
use crate::{Actor, Backend, Error, Permission, Problem, Role};

/// Service accounts of an account at most that are not revoked.
pub const MAX: i64 = 100;

/// Keys of a service account at most that are in force.
pub const MAX_KEYS: i64 = 5;

/// A service account as somebody wishes it.
#[derive(Debug, Clone)]
pub struct ServiceAccountDraft {
    pub name: String,
    /// As [`parse_role`] reads it.
    pub role: String,
}

/// All of the account's, by name, revoked ones last.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<ServiceAccount>, Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let mut db = backend.db.acquire().await?;
    Ok(store::list(&mut db, actor.account).await?)
}

/// One of the account's.
pub async fn get(
    backend: &Backend,
    actor: &Actor,
    id: ServiceAccountId,
) -> Result<ServiceAccount, Error> {
    let found = list(backend, actor).await?;
    found.into_iter().find(|one| one.id == id).ok_or(NOT_FOUND)
}

/// One that is not revoked, by its id or by its name, where no other has it.
pub async fn find(
    backend: &Backend,
    actor: &Actor,
    name_or_id: &str,
) -> Result<ServiceAccount, Error> {
    let found = list(backend, actor).await?;
    let mut meant = found
        .into_iter()
        .filter(|one| one.revoked_at.is_none())
        .filter(|one| one.name == name_or_id.trim() || one.id.to_string() == name_or_id.trim());
    match (meant.next(), meant.next()) {
        (None, _) => Err(NOT_FOUND),
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Error::Conflict(
            "Several service accounts have this name. Say which by its id.".to_owned(),
        )),
    }
}

/// Creates one with its first key. `Invalid` names `name` and `role`; `Forbidden` if only owners may give the role.
pub async fn create(
    backend: &Backend,
    actor: &Actor,
    draft: ServiceAccountDraft,
) -> Result<MadeKey, Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let (name, role) = checked(&draft)?;
    may_govern(actor, role)?;
    let pair = keys::generate().await?;
    let now = backend.clock.now();
    let id = ServiceAccountId::new(now);
    let mut tx = backend.db.begin().await?;
    if store::count(&mut tx, actor.account).await? >= MAX {
        return Err(Error::Conflict(format!(
            "An account has at most {MAX} service accounts. Revoke one that is no longer used."
        )));
    }
    let what = (name.as_str(), role);
    store::insert(&mut tx, actor.account, id, what, actor.member(), now).await?;
    let made = add_key(backend, &mut tx, actor.account, id, name, pair).await?;
    let subject = Subject::Named(*id.as_uuid());
    audit::record_on(&mut tx, actor, Event::ServiceAccountCreated, subject, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// Makes a new key. Those of before end after the grace period, or at once; none of them later than it would have.
pub async fn rotate(
    backend: &Backend,
    actor: &Actor,
    id: ServiceAccountId,
    overlap: Grace,
) -> Result<MadeKey, Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let pair = keys::generate().await?;
    let mut tx = backend.db.begin().await?;
    let found = lock(&mut tx, actor, id).await?;
    if found.is_revoked {
        return Err(Error::Conflict(
            "The service account is revoked. Create another one.".to_owned(),
        ));
    }
    let now = backend.clock.now();
    match overlap.until(now) {
        Some(end) => store::end_keys(&mut tx, id, end).await?,
        None => store::revoke_keys(&mut tx, id, now).await?,
    }
    if store::count_keys(&mut tx, id, now).await? >= MAX_KEYS {
        return Err(Error::Conflict(format!(
            "At most {MAX_KEYS} keys are accepted at a time. Revoke one, or let the old ones end at once."
        )));
    }
    let made = add_key(backend, &mut tx, actor.account, id, found.name, pair).await?;
    let subject = Subject::Named(*id.as_uuid());
    audit::record_on(&mut tx, actor, Event::ServiceAccountRotated, subject, now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(made)
}

/// Gives another role, for tokens that are under way, too. `Invalid` names `role`.
pub async fn set_role(
    backend: &Backend,
    actor: &Actor,
    id: ServiceAccountId,
    role: &str,
) -> Result<(), Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let role = parse_role(role).map_err(|_| unknown_role())?;
    may_govern(actor, role)?;
    let mut tx = backend.db.begin().await?;
    let found = lock(&mut tx, actor, id).await?;
    if found.is_revoked {
        return Err(Error::Conflict(
            "The service account is revoked and has no role any more.".to_owned(),
        ));
    }
    if found.role == role {
        return Ok(());
    }
    let now = backend.clock.now();
    store::set_role(&mut tx, id, role).await?;
    let subject = Subject::Named(*id.as_uuid());
    audit::record_on(
        &mut tx,
        actor,
        Event::ServiceAccountRoleChanged,
        subject,
        now,
    )
    .await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Ends a service account with all its keys, on every process, for good. Nothing happens to one that is revoked.
pub async fn revoke(backend: &Backend, actor: &Actor, id: ServiceAccountId) -> Result<(), Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let mut tx = backend.db.begin().await?;
    if lock(&mut tx, actor, id).await?.is_revoked {
        return Ok(());
    }
    let now = backend.clock.now();
    store::revoke(&mut tx, id, actor.member(), now).await?;
    let subject = Subject::Named(*id.as_uuid());
    audit::record_on(&mut tx, actor, Event::ServiceAccountRevoked, subject, now).await?;
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

/// Ends one key, at once and for good. Its service account keeps the others.
pub async fn revoke_key(
    backend: &Backend,
    actor: &Actor,
    key: ServiceAccountKeyId,
) -> Result<(), Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    end_key(backend, actor, key, IfLast::Keep).await
}

/// The same, for callers to whom a service account is its keys: the last one takes it with it. `NotFound` if the key is not
/// in force.
pub async fn delete_key(
    backend: &Backend,
    actor: &Actor,
    key: ServiceAccountKeyId,
) -> Result<(), Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    end_key(backend, actor, key, IfLast::Revoke).await
}

/// What becomes of a service account without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IfLast {
    /// It waits for a new one.
    Keep,
    Revoke,
}

async fn end_key(
    backend: &Backend,
    actor: &Actor,
    key: ServiceAccountKeyId,
    if_last: IfLast,
) -> Result<(), Error> {
    let mut tx = backend.db.begin().await?;
    let owner = store::owner_of(&mut tx, actor.account, key)
        .await?
        .ok_or(Error::NotFound("key"))?;
    let is_revoked = lock(&mut tx, actor, owner).await?.is_revoked;
    let now = backend.clock.now();
    let before = store::count_keys(&mut tx, owner, now).await?;
    let was_in_force = store::revoke_key(&mut tx, key, now).await?;
    // Under the lock, so that of two callers who end the last two keys the second one sees that it is the last.
    let left = store::count_keys(&mut tx, owner, now).await?;
    if if_last == IfLast::Revoke {
        if is_revoked || left == before {
            return Err(Error::NotFound("key"));
        }
        if left == 0 {
            store::revoke(&mut tx, owner, actor.member(), now).await?;
            let subject = Subject::Named(*owner.as_uuid());
            audit::record_on(&mut tx, actor, Event::ServiceAccountRevoked, subject, now).await?;
        }
    }
    if was_in_force {
        let subject = Subject::Named(*key.as_uuid());
        audit::record_on(
            &mut tx,
            actor,
            Event::ServiceAccountKeyRevoked,
            subject,
            now,
        )
        .await?;
    }
    tx.commit().await?;
    backend.recent.settle().await;
    Ok(())
}

const NOT_FOUND: Error = Error::NotFound("service account");

fn unknown_role() -> Error {
    Error::invalid("role", "Choose a role, or none.")
}

fn checked(draft: &ServiceAccountDraft) -> Result<(String, Option<Role>), Error> {
    let role = parse_role(&draft.role).map_err(|_| unknown_role());
    match (name_of("name", &draft.name), role) {
        (Ok(name), Ok(role)) => Ok((name, role)),
        (name, role) => {
            let problems = [name.err(), role.err()].into_iter().flatten();
            let told = problems.flat_map(|error| match error {
                Error::Invalid(found) => found,
                _ => Vec::<Problem>::new(),
            });
            Err(Error::Invalid(told.collect()))
        }
    }
}

/// SECURITY: a key of an owner is an owner's power: only owners hand it out, or take it away.
fn may_govern(actor: &Actor, role: Option<Role>) -> Result<(), Error> {
    role.map_or(Ok(()), |role| roster::may_govern(actor, role))
}

/// Locks it, and asks whether the actor may change one of its role.
async fn lock(
    tx: &mut sqlx::PgConnection,
    actor: &Actor,
    id: ServiceAccountId,
) -> Result<store::Locked, Error> {
    let found = store::lock(tx, actor.account, id).await?.ok_or(NOT_FOUND)?;
    may_govern(actor, found.role)?;
    Ok(found)
}

async fn add_key(
    backend: &Backend,
    tx: &mut sqlx::PgConnection,
    account: AccountId,
    owner: ServiceAccountId,
    name: String,
    pair: keys::KeyPair,
) -> Result<MadeKey, Error> {
    let now = backend.clock.now();
    let key = ServiceAccountKeyId::new(now);
    store::insert_key(tx, owner, key, &pair.public, now).await?;
    let (account_number, account_email) = store::named_in_file(tx, account).await?;
    Ok(MadeKey {
        service_account: owner,
        name,
        key,
        account_email,
        account_number,
        private_key: pair.private,
    })
}
