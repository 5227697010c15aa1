//! View links: the address of one file that opens it without anything else, for ten minutes.
//!
//! The link is no row: what it says is sealed under the master key, bound to account and file, so nobody can make, move
//! or prolong one. It ends with the API secret that asked for it, and opens nothing that the file's own life has ended.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use super::{FileId, FileState, actions, file_path};
use crate::accounts::AccountId;
use crate::api_secrets::{ApiSecretId, verification};
use crate::{Actor, Backend, Error, Permission, Secret};

/// How long a link opens its file. Enough to begin a download of any length, which then goes on.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);

/// The parameter of a file's address that holds the link's token.
pub const PARAMETER: &str = "view";

/// What the seal is for: nothing else that the master key seals can pass for a link.
const PURPOSE: &str = "view link";

/// A link that was just made.
#[derive(Debug)]
pub struct ViewLink {
    /// Path and query. Whoever has it has the file.
    pub path: Secret,
    pub expires_at: DateTime<Utc>,
}

/// What a token turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// Made for the holder of this secret.
    Valid(ApiSecretId),
    /// It was one, and its time is over or its secret revoked.
    Ended(ApiSecretId),
    /// None of ours, or of another file.
    Wrong,
}

/// Makes a link to a file of the application's project. `NotFound` for what the gate would not serve.
pub async fn make(backend: &Backend, actor: &Actor, file: FileId) -> Result<ViewLink, Error> {
    actor.scope(Permission::OpenFiles)?;
    let secret = actor.api_secret().ok_or(Error::Forbidden)?;
    let file = actions::get(backend, actor, file).await?;
    let now = backend.clock.now();
    if file.lifecycle.state(&file.policy, now) != FileState::There {
        return Err(Error::NotFound("file"));
    }
    let expires_at = now + LIFE;
    let said = Secret::new(format!("{} {secret}", expires_at.timestamp_micros()));
    let sealed = backend
        .master_key
        .seal(PURPOSE, &owner(file.account, file.id), &said);
    let token = URL_SAFE_NO_PAD.encode(sealed);
    let path = file_path(file.account, file.id, &file.name);
    Ok(ViewLink {
        path: Secret::new(format!("{path}?{PARAMETER}={token}")),
        expires_at,
    })
}

/// Judges a token that came with the address of this file.
pub async fn open(
    backend: &Backend,
    account: AccountId,
    file: FileId,
    token: &str,
) -> Result<Opened, Error> {
    let Some((expires_at, secret)) = unseal(backend, account, file, token) else {
        return Ok(Opened::Wrong);
    };
    if expires_at <= backend.clock.now()
        || !verification::is_in_force(backend, account, secret).await?
    {
        return Ok(Opened::Ended(secret));
    }
    Ok(Opened::Valid(secret))
}

fn unseal(
    backend: &Backend,
    account: AccountId,
    file: FileId,
    token: &str,
) -> Option<(DateTime<Utc>, ApiSecretId)> {
    // Ours have some 120 characters: more is not worth the work.
    let sealed = (token.len() <= 256)
        .then(|| URL_SAFE_NO_PAD.decode(token).ok())
        .flatten()?;
    let said = backend
        .master_key
        .unseal(PURPOSE, &owner(account, file), &sealed)?;
    let (micros, secret) = said.reveal().split_once(' ')?;
    let expires_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    Some((expires_at, secret.parse().ok()?))
}

fn owner(account: AccountId, file: FileId) -> String {
    format!("{account}/{file}")
}
