//! Signing in and out, and what is kept of a sign-in.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{OwnSignIn, SignInId, SignInRecord, device, store};
use crate::audit::{self, Event, Who};
use crate::background::News;
use crate::mail::{self, letters};
use crate::members::{Member, MemberId};
use crate::{Actor, Backend, Caller, Error, Secret, members, second_factors};

/// How often `last_seen_at` is written at most.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// As long as the cookie that a browser is known by.
const FORGET_DEVICE_AFTER: TimeDelta = TimeDelta::days(365);

/// Finds a sign-in: the SHA-256 of what its cookie holds (R063).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInKey([u8; 32]);

impl SignInKey {
    /// Of the id in the cookie.
    pub fn of(cookie_id: &[u8]) -> Self {
        Self(Sha256::digest(cookie_id).into())
    }

    /// What the database knows it by.
    pub(crate) const fn hash(&self) -> &[u8] {
        &self.0
    }
}

/// Judges e-mail and account password. A wrong one is a problem of the field `password` that tells nothing of
/// whether the address is known. Whoever comes back is not signed in yet: [`complete`] is.
pub async fn check_password(
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
    Ok(member)
}

/// From where somebody signs in.
#[derive(Debug, Clone)]
pub struct Origin {
    pub address: IpAddr,
    /// As the browser calls itself.
    pub user_agent: Option<String>,
    /// What the browser was given to be known by. It proves nothing, and is None in a browser that keeps nothing.
    pub device: Option<Secret>,
}

/// Notes that somebody has proved everything that is asked for, and tells the member where the browser is a new one
/// (R024).
pub async fn complete(backend: &Backend, member: &Member, origin: &Origin) -> Result<(), Error> {
    let now = backend.clock.now();
    let mut tx = backend.db.begin().await?;
    store::update_member_seen(&mut tx, member.id, now).await?;
    let who = Who {
        account: Some(member.account),
        member: Some(member.id),
        api_secret: None,
        service_account: None,
        address: Some(origin.address),
    };
    audit::record(&mut tx, who, Event::SignedIn, now).await?;
    // The first browser of all is that of whoever was invited: no news.
    let has_devices = store::has_devices(&mut tx, member.id).await?;
    let is_new = match &origin.device {
        Some(device) => {
            let hash = Sha256::digest(device.reveal().as_bytes());
            store::remember_device(&mut tx, member.id, &hash, now).await?
        }
        None => true,
    };
    if has_devices && is_new {
        let device = device::name_of(origin.user_agent.as_deref());
        let letter = letters::new_device(member, &device, origin.address, now);
        mail::outbox::put(backend, &mut tx, &member.email, &letter).await?;
    }
    tx.commit().await?;
    backend.nudge(News::Letters);
    Ok(())
}

/// One's own sign-ins that have not ended; the one that asks comes first.
pub async fn list_own(
    backend: &Backend,
    actor: &Actor,
    this: &SignInKey,
) -> Result<Vec<OwnSignIn>, Error> {
    let member = actor.member().ok_or(Error::Forbidden)?;
    let mut db = backend.db.acquire().await?;
    let rows = store::list_of(&mut db, member, &this.0, backend.clock.now()).await?;
    let shown = rows.into_iter().map(|row| OwnSignIn {
        id: row.id,
        device: device::name_of(row.user_agent.as_deref()),
        address: row.address,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        is_this: row.is_this,
    });
    Ok(shown.collect())
}

/// Ends one of one's own sign-ins: its browser is signed out at its next request.
pub async fn end_own(backend: &Backend, actor: &Actor, id: SignInId) -> Result<(), Error> {
    let member = actor.member().ok_or(Error::Forbidden)?;
    let mut tx = backend.db.begin().await?;
    if !store::delete_one_of(&mut tx, member, id).await? {
        return Err(Error::NotFound("sign-in"));
    }
    let now = backend.clock.now();
    audit::record_on(
        &mut tx,
        actor,
        Event::SignInEndedElsewhere,
        *id.as_uuid(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all of one's own sign-ins but the one that asks.
pub async fn end_others(backend: &Backend, actor: &Actor, this: &SignInKey) -> Result<(), Error> {
    let member = actor.member().ok_or(Error::Forbidden)?;
    let mut tx = backend.db.begin().await?;
    end_all_of(&mut tx, member, Some(this)).await?;
    let now = backend.clock.now();
    audit::record(&mut tx, actor, Event::SignInEndedElsewhere, now).await?;
    tx.commit().await?;
    Ok(())
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

/// Removes what has expired, and forgets browsers that have not been seen for a year. Background work; any process may do it at any time.
pub async fn delete_expired(backend: &Backend) -> Result<u64, Error> {
    let now = backend.clock.now();
    let mut db = backend.db.acquire().await?;
    store::delete_devices(&mut db, now - FORGET_DEVICE_AFTER).await?;
    let deleted = store::delete_expired(&mut db, now).await?;
    drop(db);
    second_factors::steps::delete_expired(backend).await?;
    Ok(deleted)
}

/// Ends all sign-ins of a member, but for `keep`, and those that wait for a second factor.
pub(crate) async fn end_all_of(
    tx: &mut PgConnection,
    member: MemberId,
    keep: Option<&SignInKey>,
) -> Result<(), Error> {
    second_factors::steps::void(tx, member).await?;
    Ok(store::delete_all_of(tx, member, keep.map(|key| key.0.as_slice())).await?)
}

fn expiry(backend: &Backend, created_at: DateTime<Utc>, seen_at: DateTime<Utc>) -> DateTime<Utc> {
    let limits = backend.sign_in_limits;
    (created_at + limits.absolute).min(seen_at + limits.idle)
}
