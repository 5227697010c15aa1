//! What can be done with API keys: see them, switch them on and off, make, revoke.

use sha2::{Digest as _, Sha256};

use super::{ApiKeyId, ApiKeys, MadeApiKey, store};
use crate::audit::{self, Event, Subject};
use crate::members::roster;
use crate::service_accounts::{self, ServiceAccountId};
use crate::{Actor, Backend, Error, Permission, Role, Secret, hashing};

/// Keys of a service account at most that are not revoked.
pub const MAX: i64 = 5;

/// What every key begins with, so that it is known for one where it was left lying (R058).
pub const PREFIX: &str = "rgk_";

/// Characters behind the prefix: more than 230 bits.
const LENGTH: usize = 40;

/// Whether the account takes them, and those of service accounts that are not revoked.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<ApiKeys, Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let mut db = backend.db.acquire().await?;
    let (account_number, are_taken) = store::switch(&mut db, actor.account).await?;
    Ok(ApiKeys {
        are_taken,
        account_number,
        keys: store::list(&mut db, actor.account).await?,
    })
}

/// Whether the account takes API keys from now on. Those that there are stay as they are.
pub async fn set_taken(backend: &Backend, actor: &Actor, are_taken: bool) -> Result<(), Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let mut tx = backend.db.begin().await?;
    if store::set_taken(&mut tx, actor.account, are_taken).await? {
        let event = if are_taken {
            Event::ApiKeysSwitchedOn
        } else {
            Event::ApiKeysSwitchedOff
        };
        audit::record(&mut tx, actor, event, backend.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a key of a service account. `Conflict` if that is revoked, has enough of them, or the account takes none;
/// `Forbidden` if only owners may hand out its role.
pub async fn make(
    backend: &Backend,
    actor: &Actor,
    owner: ServiceAccountId,
) -> Result<MadeApiKey, Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let found = service_accounts::actions::get(backend, actor, owner).await?;
    let key = Secret::new(format!("{PREFIX}{}", hashing::random_text(LENGTH).reveal()));
    let now = backend.clock.now();
    let id = ApiKeyId::new(now);
    let mut tx = backend.db.begin().await?;
    let (account_number, are_taken) = store::switch(&mut tx, actor.account).await?;
    if !are_taken {
        return Err(Error::Conflict(
            "The account takes no API keys. Switch them on first.".to_owned(),
        ));
    }
    // Under a lock: it may have been revoked since, or have another role, and keys are counted.
    let Some(locked) = store::lock_owner(&mut tx, owner).await? else {
        return Err(Error::Conflict(
            "The service account is revoked. Choose another one.".to_owned(),
        ));
    };
    may_govern(actor, locked.role)?;
    if store::count(&mut tx, owner).await? >= MAX {
        return Err(Error::Conflict(format!(
            "A service account has at most {MAX} API keys. Revoke one that is no longer used."
        )));
    }
    let new = store::NewKey {
        id,
        owner,
        hash: &hash(key.reveal().as_bytes()),
        hint: &key.reveal()[PREFIX.len() + LENGTH - 4..],
        by: actor.member(),
        now,
    };
    store::insert(&mut tx, new).await?;
    let subject = Subject::Named(*id.as_uuid());
    audit::record_on(&mut tx, actor, Event::ApiKeyMade, subject, now).await?;
    tx.commit().await?;
    Ok(MadeApiKey {
        id,
        name: found.name,
        account_number,
        key,
    })
}

/// Revokes a key: the next call with it is refused, on every process. Nothing happens to one that is revoked.
pub async fn revoke(backend: &Backend, actor: &Actor, id: ApiKeyId) -> Result<(), Error> {
    actor.may(Permission::ManageServiceAccounts)?;
    let mut tx = backend.db.begin().await?;
    let role = store::role_of(&mut tx, actor.account, id)
        .await?
        .ok_or(Error::NotFound("API key"))?;
    may_govern(actor, role)?;
    let now = backend.clock.now();
    if store::revoke(&mut tx, id, actor.member(), now).await? {
        let subject = Subject::Named(*id.as_uuid());
        audit::record_on(&mut tx, actor, Event::ApiKeyRevoked, subject, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What is kept of a key. A text of that many random bits needs no slow hash (R058).
pub(super) fn hash(key: &[u8]) -> Vec<u8> {
    Sha256::digest(key).to_vec()
}

/// SECURITY: a key of an owner is an owner's power: only owners hand it out, or take it away.
fn may_govern(actor: &Actor, role: Option<Role>) -> Result<(), Error> {
    role.map_or(Ok(()), |role| roster::may_govern(actor, role))
}
