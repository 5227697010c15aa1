//! Signing in and out, and what is kept of a sign-in.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{SignInRecord, store};
use crate::audit::{self, Event, Who};
use crate::members::{Member, MemberId};
use crate::{Actor, Backend, Caller, Error, Secret, members};

/// How often `last_seen_at` is written at most.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Finds a sign-in: the SHA-256 of what its cookie holds (R063).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInKey([u8; 32]);

impl SignInKey {
    /// Of the id in the cookie.
    pub fn of(cookie_id: &[u8]) -> Self {
        Self(Sha256::digest(cookie_id).into())
    }
}

/// Judges e-mail and account password. A wrong one is a problem of the field `password` that tells nothing of
/// whether the address is known.
pub async fn sign_in(
    backend: &Backend,
    address: IpAddr,
    email: &str,
    password: &Secret,
) -> Result<Member, Error> {
    let Some(member) = members::actions::authenticate(backend, address, email, password).await?
    else {
        return Err(Error::invalid(
            "password",
            "E-mail or password is wrong. Check both and try again.",
        ));
    };
    let who = Who {
        account: Some(member.account),
        member: Some(member.id),
        address: Some(address),
    };
    audit::record(
        &mut *backend.db.acquire().await?,
        who,
        Event::SignedIn,
        backend.clock.now(),
    )
    .await?;
    Ok(member)
}

/// On whose behalf a request with this member's sign-in acts. None: the member was removed or disabled.
pub async fn actor(
    backend: &Backend,
    member: MemberId,
    address: Option<IpAddr>,
) -> Result<Option<(Actor, Member)>, Error> {
    Ok(members::actions::find(backend, member)
        .await?
        .map(|member| {
            let caller = Caller::Member {
                id: member.id,
                role: member.role,
            };
            (
                Actor {
                    account: member.account,
                    caller,
                    address,
                },
                member,
            )
        }))
}

/// A new record under a fresh id. False if the id is taken.
pub async fn create(
    backend: &Backend,
    key: &SignInKey,
    member: Option<MemberId>,
    data: serde_json::Value,
) -> Result<bool, Error> {
    let now = backend.clock.now();
    let expires_at = expiry(backend, now, now);
    let record = SignInRecord {
        member,
        data,
        created_at: now,
        last_seen_at: now,
        expires_at,
    };
    Ok(store::insert(&mut *backend.db.acquire().await?, &key.0, &record).await?)
}

/// The record, if it is neither ended nor past its idle or absolute time. Being asked for counts as being seen.
pub async fn load(backend: &Backend, key: &SignInKey) -> Result<Option<SignInRecord>, Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    let Some(mut record) = store::find(&mut db, &key.0, now).await? else {
        return Ok(None);
    };
    if now - record.last_seen_at >= TOUCH_EVERY {
        record.last_seen_at = now;
        record.expires_at = expiry(backend, record.created_at, now);
        store::update_last_seen(&mut db, &key.0, now, record.expires_at).await?;
    }
    Ok(Some(record))
}

/// Changes what is kept. A sign-in that was ended meanwhile stays ended.
pub async fn save(
    backend: &Backend,
    key: &SignInKey,
    member: Option<MemberId>,
    data: serde_json::Value,
) -> Result<(), Error> {
    Ok(store::update(&mut *backend.db.acquire().await?, &key.0, member, &data).await?)
}

/// Ends a sign-in: its cookie is worth nothing from now on (R067).
pub async fn end(backend: &Backend, key: &SignInKey) -> Result<(), Error> {
    store::delete(&mut *backend.db.acquire().await?, &key.0).await?;
    Ok(())
}

/// Notes that somebody signed out.
pub async fn record_sign_out(backend: &Backend, actor: &Actor) -> Result<(), Error> {
    audit::record(
        &mut *backend.db.acquire().await?,
        actor,
        Event::SignedOut,
        backend.clock.now(),
    )
    .await
}

/// Removes what has expired. Background work; any process may do it at any time.
pub async fn delete_expired(backend: &Backend) -> Result<u64, Error> {
    Ok(store::delete_expired(&mut *backend.db.acquire().await?, backend.clock.now()).await?)
}

/// Ends all sign-ins of a member, but for `keep`.
pub(crate) async fn end_all_of(
    tx: &mut PgConnection,
    member: MemberId,
    keep: Option<&SignInKey>,
) -> Result<(), Error> {
    Ok(store::delete_all_of(tx, member, keep.map(|key| key.0.as_slice())).await?)
}

fn expiry(backend: &Backend, created_at: DateTime<Utc>, seen_at: DateTime<Utc>) -> DateTime<Utc> {
    let limits = backend.sign_in_limits;
    (created_at + limits.absolute).min(seen_at + limits.idle)
}
