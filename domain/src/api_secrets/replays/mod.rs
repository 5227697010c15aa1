//! Requests of programs that are sent twice, and happen once (`Idempotency-Key`).
//!
//! - A key belongs to one API secret and to one request. Within a day the same request under the same key gets the
//!   first answer again; nothing happens.
//! - Of several at once one happens, and the others are told that it is under way.
//! - Only what succeeded is kept: after a refusal or a failure the same key may be tried again.
//! - A process that dies on the way leaves its key taken: whether something happened is not known, so nothing is
//!   repeated under it.

mod store;

use chrono::TimeDelta;

use super::ApiSecretId;
use crate::{Actor, Backend, Error, Secret};

/// How long an answer is kept.
pub const LIFE: TimeDelta = TimeDelta::hours(24);

const PURPOSE: &str = "API answer";

/// What there is under a key.
#[derive(Debug)]
pub enum Begun {
    /// Nothing yet: go on, and then [`finish`] or [`forget`].
    First,
    /// The same request was answered with this.
    Answered(Secret),
    /// The same request is under way, or its process died.
    UnderWay,
    /// The key was used for another request.
    OtherRequest,
}

/// Takes a key for a request, known by its hash. `Forbidden` for anybody but a program.
pub async fn begin(
    backend: &Backend,
    actor: &Actor,
    key: &str,
    request: &[u8; 32],
) -> Result<Begun, Error> {
    let secret = actor.api_secret().ok_or(Error::Forbidden)?;
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    if store::take(&mut db, secret, key, request, now, now - LIFE).await? {
        return Ok(Begun::First);
    }
    let Some(row) = store::find(&mut db, secret, key).await? else {
        // Forgotten a moment ago, after a refusal.
        return Ok(Begun::UnderWay);
    };
    if row.request_hash != request {
        return Ok(Begun::OtherRequest);
    }
    let Some(sealed) = row.answer else {
        return Ok(Begun::UnderWay);
    };
    backend
        .master_key
        .unseal(PURPOSE, &owner(secret, key), &sealed)
        .map(Begun::Answered)
        .ok_or_else(|| Error::internal("a kept answer does not open with this master key"))
}

/// Keeps the answer of the request that took the key.
pub async fn finish(
    backend: &Backend,
    actor: &Actor,
    key: &str,
    answer: &Secret,
) -> Result<(), Error> {
    let secret = actor.api_secret().ok_or(Error::Forbidden)?;
    let sealed = backend
        .master_key
        .seal(PURPOSE, &owner(secret, key), answer);
    let mut db = backend.db.acquire().await?;
    store::finish(&mut db, secret, key, &sealed).await?;
    Ok(())
}

/// Gives the key free again, because nothing happened.
pub async fn forget(backend: &Backend, actor: &Actor, key: &str) -> Result<(), Error> {
    let secret = actor.api_secret().ok_or(Error::Forbidden)?;
    let mut db = backend.db.acquire().await?;
    store::forget(&mut db, secret, key).await?;
    Ok(())
}

/// Deletes answers past their day; gives back how many. Background work.
pub async fn delete_old(backend: &Backend) -> Result<u64, Error> {
    let end = backend.clock.now() - LIFE;
    Ok(store::delete_old(&mut *backend.db.acquire().await?, end).await?)
}

fn owner(secret: ApiSecretId, key: &str) -> String {
    format!("{secret} {key}")
}
