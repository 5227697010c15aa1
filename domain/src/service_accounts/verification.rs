//! Whether a token opens files and calls APIs, and on whose behalf.
//!
//! A token's signature and claims are proved once and remembered until it has expired, under its hash. What may change
//! is asked each time: whether the key is in force, the role, and the child's parent, of rows that the gate remembers
//! for a moment and only while nothing has changed ([`crate::recent`]). So a key that was revoked is refused at once.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::store::{self, KeyRow};
use super::token::{Claims, Token};
use super::{ServiceAccountId, ServiceAccountKeyId, keys};
use crate::accounts::AccountId;
use crate::guard::Purpose;
use crate::{Actor, Backend, Caller, Error, Role};

/// Clocks of two machines differ by so many seconds at most (R137).
pub const LEEWAY: i64 = 60;

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Valid(Grant),
    /// It opens nothing. The caller must not learn more than that.
    Refused(Refused),
    /// Too many tokens that nobody signed came from this address.
    Throttled {
        retry_after: Duration,
    },
}

/// A valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub service_account: ServiceAccountId,
    pub key: ServiceAccountKeyId,
    /// None: recordings only.
    pub role: Option<Role>,
    /// In which it acts: the service account's own, or one of which that is the parent.
    pub account: AccountId,
}

impl Grant {
    /// On whose behalf actions run.
    pub const fn actor(&self, address: IpAddr) -> Actor {
        Actor {
            account: self.account,
            caller: Caller::ServiceAccount {
                id: self.service_account,
                role: self.role,
            },
            address: Some(address),
        }
    }
}

/// Why a token opens nothing, and whose it is: for the access log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub why: Why,
    /// Whose key signed it, with its account; None if nobody's did.
    pub of: Option<(ServiceAccountId, AccountId)>,
}

/// The closed set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// No token as it should be: its form, its algorithm, a member that is not taken.
    Unreadable,
    UnknownKey,
    WrongSignature,
    /// Signed, but what it claims is missing, too much, or meant for others.
    WrongClaims,
    /// Signed by a key of an account that is neither the issuer nor its parent.
    WrongIssuer,
    Expired,
    NotYetValid,
    /// Of a key that another one took the place of.
    KeyEnded,
    /// Of a revoked key or service account.
    Revoked,
}

/// A token that was signed with a key, for as long as the key counts.
#[derive(Debug, Clone, Copy)]
struct Proven {
    key: ServiceAccountKeyId,
    claims: Claims,
}

/// What a process remembers of tokens. Bounded; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    /// By the token's hash.
    proven: Cache<[u8; 32], Arc<Proven>>,
    /// Tokens that were counted as wrong a moment ago: a player that repeats one is one guess (R042).
    counted: Cache<[u8; 32], ()>,
    /// Keys whose use was noted less than a minute ago.
    noted: Cache<ServiceAccountKeyId, ()>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            // No token lives longer; whether this one still does is asked of the clock.
            proven: Cache::builder()
                .max_capacity(50_000)
                .time_to_live(Duration::from_mins(65))
                .build(),
            counted: Cache::builder()
                .max_capacity(50_000)
                .time_to_live(Duration::from_mins(1))
                .build(),
            noted: Cache::builder()
                .max_capacity(50_000)
                .time_to_live(Duration::from_mins(1))
                .build(),
        }
    }
}

/// Judges a token that came from this address, as the bytes behind `Bearer`.
pub async fn verify(backend: &Backend, address: IpAddr, token: &[u8]) -> Result<Verdict, Error> {
    let name: [u8; 32] = Sha256::digest(token).into();
    let proven = match backend.tokens.proven.get(&name) {
        Some(proven) => proven,
        None => match prove(backend, token).await? {
            Ok(proven) => {
                let proven = Arc::new(proven);
                backend.tokens.proven.insert(name, Arc::clone(&proven));
                proven
            }
            Err(refused) => return count(backend, address, name, refused),
        },
    };
    let Some(row) = key_row(backend, proven.key).await? else {
        let refused = Refused {
            why: Why::UnknownKey,
            of: None,
        };
        return Ok(Verdict::Refused(refused));
    };
    let verdict = weigh(backend, &proven, &row).await?;
    if let Verdict::Valid(grant) = &verdict {
        note_use(backend, grant.key, address).await;
    }
    Ok(verdict)
}

/// Signature and claims, as far as they do not depend on the moment.
async fn prove(backend: &Backend, token: &[u8]) -> Result<Result<Proven, Refused>, Error> {
    let nobody = |why| Ok(Err(Refused { why, of: None }));
    let Ok(token) = Token::parse(token) else {
        return nobody(Why::Unreadable);
    };
    let Some(key) = token.key else {
        return nobody(Why::UnknownKey);
    };
    let Some(row) = key_row(backend, key).await? else {
        return nobody(Why::UnknownKey);
    };
    if !keys::is_signature(&row.public_key, token.signed.as_bytes(), &token.signature) {
        return nobody(Why::WrongSignature);
    }
    Ok(token
        .claims(&backend.public_url)
        .map(|claims| Proven { key, claims })
        .map_err(|_| row.refuses(Why::WrongClaims)))
}

/// SECURITY: only what nobody signed is a guess. A right token is never held up by strangers, and whoever holds a key
/// and lets a token grow old is told so each time.
fn count(
    backend: &Backend,
    address: IpAddr,
    name: [u8; 32],
    refused: Refused,
) -> Result<Verdict, Error> {
    if refused.of.is_some() || backend.tokens.counted.contains_key(&name) {
        return Ok(Verdict::Refused(refused));
    }
    // By address alone: wrong tokens of strangers have no name in common that would be worth a budget.
    match backend
        .guard
        .admit_from(Purpose::ServiceAccountToken, address)
    {
        Ok(()) => {
            backend.tokens.counted.insert(name, ());
            Ok(Verdict::Refused(refused))
        }
        Err(Error::Throttled { retry_after }) => Ok(Verdict::Throttled { retry_after }),
        Err(error) => Err(error),
    }
}

/// What a signed token is worth now. Asked each time, for what is remembered too.
async fn weigh(backend: &Backend, proven: &Proven, row: &KeyRow) -> Result<Verdict, Error> {
    let now = backend.clock.now();
    let refused = |why| Ok(Verdict::Refused(row.refuses(why)));
    if row.revoked_at.is_some() {
        return refused(Why::Revoked);
    }
    // SECURITY: the end is judged by the clock, whatever else is remembered.
    if row.ends_at.is_some_and(|end| end <= now) {
        return refused(Why::KeyEnded);
    }
    let Claims {
        issuer,
        begins_at,
        expires_at,
    } = proven.claims;
    if expires_at + LEEWAY <= now.timestamp() {
        return refused(Why::Expired);
    }
    if begins_at - LEEWAY > now.timestamp() {
        return refused(Why::NotYetValid);
    }
    let account = if issuer == row.account_number {
        Some(row.account)
    } else {
        child(backend, row.account, issuer).await?
    };
    let Some(account) = account else {
        return refused(Why::WrongIssuer);
    };
    Ok(Verdict::Valid(Grant {
        service_account: row.service_account,
        key: proven.key,
        role: row.role,
        account,
    }))
}

async fn key_row(backend: &Backend, key: ServiceAccountKeyId) -> Result<Option<KeyRow>, Error> {
    let asked = async {
        let mut db = backend.db.acquire().await?;
        Ok::<_, Error>(store::key(&mut db, key).await?)
    };
    backend.recent.service_account_keys.get(&key, asked).await
}

/// The account of this number, if the other one is its parent.
async fn child(
    backend: &Backend,
    parent: AccountId,
    number: i64,
) -> Result<Option<AccountId>, Error> {
    let asked = async {
        let mut db = backend.db.acquire().await?;
        Ok::<_, Error>(store::child(&mut db, parent, number).await?)
    };
    backend.recent.children.get(&(parent, number), asked).await
}

/// To the minute: a row for each request would be a write for each request. Whoever cannot note it serves all the same.
async fn note_use(backend: &Backend, key: ServiceAccountKeyId, address: IpAddr) {
    if !backend.tokens.noted.entry(key).or_insert(()).is_fresh() {
        return;
    }
    let now = backend.clock.now();
    let noted = async {
        let mut db = backend.db.acquire().await?;
        store::used_now(&mut db, key, &address.to_string(), now).await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%key, %error, "the use of a key could not be noted");
    }
}
