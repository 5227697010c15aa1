//! Whether an API key calls the management API, and on whose behalf.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::actions::hash;
use super::store;
use crate::api_secrets::verification::NotAdmitted;
use crate::guard::Purpose;
use crate::{Actor, Backend, Caller, Error};

/// On whose behalf a program acts that showed this account's number and this key. An account that takes no API keys
/// answers as if the key were wrong.
pub async fn verify(
    backend: &Backend,
    account_number: &str,
    key: &str,
    address: IpAddr,
) -> Result<Actor, NotAdmitted> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    // Found by the hash, not compared: what timing could tell is how much of a hash is right, which nobody can choose.
    let found = match account_number.parse() {
        Ok(number) => store::find(&mut db, number, &hash(key.as_bytes())).await?,
        Err(_) => None,
    };
    let Some(found) = found else {
        // SECURITY: only wrong keys are counted, and after the look: a right one is never held up by strangers.
        return match backend
            .guard
            .admit(Purpose::ApiKey, account_number, address)
        {
            Ok(_spent) => Err(NotAdmitted::Wrong),
            Err(Error::Throttled { retry_after }) => Err(NotAdmitted::Throttled { retry_after }),
            Err(error) => Err(error.into()),
        };
    };
    // To the minute: a row for each request would be a write for each request.
    if found
        .last_used_at
        .is_none_or(|at| now - at >= TimeDelta::minutes(1))
    {
        store::used_now(&mut db, found.id, &address.to_string(), now).await?;
    }
    Ok(Actor {
        account: found.account,
        caller: Caller::ServiceAccount {
            id: found.service_account,
            role: found.role,
        },
        address: Some(address),
    })
}
