//! Admitting a program to the APIs: right identifier and secret, an allowed address, and requests left in this hour.
//!
//! In this order, so that nobody learns of an account's limits without its secret, and strangers cannot use up its
//! quota.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::actions::{hash, hour_of};
use super::{ApiSecretId, store};
use crate::accounts::AccountId;
use crate::audit::{self, Event, Subject};
use crate::guard::Purpose;
use crate::{Actor, Backend, Caller, Error};

/// Why a program is not admitted.
#[derive(Debug)]
pub enum NotAdmitted {
    /// There is no such identifier and secret; which of them is wrong is nobody's business.
    Wrong,
    /// Too many wrong secrets came from this address or for this identifier.
    Throttled {
        retry_after: Duration,
    },
    /// The secret is right, and the address does not stand in the account's allow-list.
    Address,
    /// The account's requests of this hour are used up.
    Quota {
        retry_after: Duration,
    },
    Failed(Error),
}

impl<E: Into<Error>> From<E> for NotAdmitted {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// On whose behalf a program acts that showed this identifier and secret from this address. Counts the request.
pub async fn admit(
    backend: &Backend,
    identifier: &[u8],
    secret: &[u8],
    address: IpAddr,
) -> Result<Actor, NotAdmitted> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    // Found by the hash, not compared: what timing could tell is how much of a hash is right, which nobody can choose.
    let found = match std::str::from_utf8(identifier) {
        Ok(identifier) if !identifier.contains('\0') => {
            store::find(&mut db, identifier, &hash(secret)).await?
        }
        _ => None,
    };
    let Some(found) = found else {
        // SECURITY: only wrong secrets are counted, and after the look: a right one is never held up by strangers.
        let name = String::from_utf8_lossy(identifier);
        return match backend.guard.admit(Purpose::ApiSecret, &name, address) {
            Ok(_spent) => Err(NotAdmitted::Wrong),
            Err(Error::Throttled { retry_after }) => Err(NotAdmitted::Throttled { retry_after }),
            Err(error) => Err(error.into()),
        };
    };
    if !found.limits.allow_list()?.admits(address) {
        return Err(NotAdmitted::Address);
    }
    let hour = hour_of(now);
    let used = store::count_request(&mut db, found.account, hour).await?;
    if used > i64::from(found.limits.hourly_quota()) {
        return Err(NotAdmitted::Quota {
            retry_after: until(hour + TimeDelta::hours(1), now),
        });
    }
    // To the minute: a row for each request would be a write for each request.
    if found
        .last_used_at
        .is_none_or(|at| now - at >= TimeDelta::minutes(1))
    {
        store::used_now(&mut db, found.id, &address.to_string(), now).await?;
    }
    Ok(Actor {
        account: found.account,
        caller: Caller::Application {
            project: found.project,
            secret: found.id,
            rights: found.rights,
        },
        address: Some(address),
    })
}

/// Marks a secret that came in the query of an address, where logs and histories keep it (R148). Says whether it is one.
pub async fn expose(backend: &Backend, secret: &str, address: IpAddr) -> Result<bool, Error> {
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    let Some(found) = store::expose(&mut tx, &hash(secret.as_bytes()), now).await? else {
        return Ok(false);
    };
    let who = audit::Who {
        account: Some(found.account),
        member: None,
        api_secret: Some(found.id),
        service_account: None,
        address: Some(address),
    };
    if found.is_first {
        let subject = Subject::Named(*found.id.as_uuid());
        audit::record_on(&mut tx, who, Event::ApiSecretExposed, subject, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Whether a secret of the account is not revoked, for what was made with it and lasts longer than a request.
pub(crate) async fn is_in_force(
    backend: &Backend,
    account: AccountId,
    secret: ApiSecretId,
) -> Result<bool, Error> {
    let mut db = backend.db.acquire().await?;
    Ok(store::is_in_force(&mut db, account, secret).await?)
}

fn until(end: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (end - now).to_std().unwrap_or_default()
}
