//! Whether a user name and password open session files, at the price of one hash for each fresh password.
//!
//! A verdict is remembered in memory under the credential, its version and a keyed hash of the password: many
//! requests with the same password, right or wrong, cost one hash, and requests that come while it is computed
//! wait for it. The version is read from the database each time, so a change takes effect at once on every node.
//! So are the end of a credential, its addresses and the end of a grace period: they hold for what is remembered.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use moka::Expiry;
use moka::future::Cache;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use super::{CredentialId, Network, store};
use crate::accounts::AccountId;
use crate::guard::Purpose;
use crate::{Backend, Error, PasswordText, hashing};

/// What a user name and password are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Valid(Grant),
    /// They open nothing. The caller must not learn more than that.
    Refused(Refused),
    /// Not judged: this address or this name has used up its guesses.
    Throttled {
        retry_after: Duration,
    },
}

/// A right user name and password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub credential: CredentialId,
    pub account: AccountId,
    /// It was the old password, in its grace period.
    pub is_old_password: bool,
    /// Which of the credential's passwords it was.
    pub(super) password_number: i32,
    /// People at browsers that asked for the password before this have to be asked again.
    pub browser_access_ended_at: Option<DateTime<Utc>>,
}

/// Why a user name and password open nothing, and whose they would be: for the access log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub why: Why,
    /// The credential with this user name, and its account; None if nobody has it.
    pub of: Option<(CredentialId, AccountId)>,
}

impl Refused {
    /// What is no user name and password at all.
    pub const UNREADABLE: Self = Self {
        why: Why::Unreadable,
        of: None,
    };
}

/// The closed set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// Not Basic, no base64, too long, two headers.
    Unreadable,
    UnknownName,
    /// Also an old password after its grace period.
    WrongPassword,
    /// The password is right, and the credential past its last day.
    Expired,
    /// The password is right, and the credential was revoked.
    Revoked,
    /// The password is right, and the address not on the credential's list.
    AddressNotAllowed,
    /// Right, and sent by a browser that has not asked for it since browser access was ended.
    BrowserAccessEnded,
}

impl Why {
    /// For the access log; kept for ever, so never reuse one.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::UnknownName => "unknown_name",
            Self::WrongPassword => "wrong_password",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::BrowserAccessEnded => "browser_access_ended",
        }
    }
}

/// Which password of a credential was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Current,
    /// Counts only while the row says so.
    Old,
    Neither,
}

/// The verdicts that a process remembers. Bounded; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    /// Keyed with this process's own key: the table is worth nothing outside of it.
    key: Arc<[u8; 32]>,
    verdicts: Cache<[u8; 32], Match>,
}

/// A right password is worth remembering long, a wrong one just long enough that a player which repeats it is one
/// guess (R042).
struct Memory;

impl Expiry<[u8; 32], Match> for Memory {
    fn expire_after_create(&self, _: &[u8; 32], found: &Match, _: Instant) -> Option<Duration> {
        Some(if *found == Match::Neither {
            Duration::from_mins(1)
        } else {
            Duration::from_mins(10)
        })
    }
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            key: Arc::new(hashing::random_bytes()),
            verdicts: Cache::builder()
                .max_capacity(50_000)
                .expire_after(Memory)
                .build(),
        }
    }
}

impl Remembered {
    fn name(
        &self,
        credential: Option<(CredentialId, i64)>,
        username: &str,
        password: &PasswordText,
    ) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_slice())
            .expect("HMAC takes keys of any length");
        match credential {
            Some((id, version)) => {
                mac.update(id.as_uuid().as_bytes());
                mac.update(&version.to_be_bytes());
            }
            None => mac.update(b"unknown user name"),
        }
        // Lengths between the parts, so that no two inputs make the same text.
        mac.update(&(username.len() as u64).to_be_bytes());
        mac.update(username.as_bytes());
        mac.update(password.reveal().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// Judges the two halves of Basic, as bytes: UTF-8 in NFC, or else Latin-1, which some clients send.
pub async fn verify(
    backend: &Backend,
    address: IpAddr,
    username: &[u8],
    password: &[u8],
) -> Result<Verdict, Error> {
    let Some(password) = PasswordText::new(&decode(password)) else {
        return Ok(Verdict::Refused(Refused::UNREADABLE));
    };
    if username.len() > PasswordText::MAX_BYTES {
        return Ok(Verdict::Refused(Refused::UNREADABLE));
    }
    let username = username_of(username);
    let asked = async {
        let mut db = backend.db.acquire().await?;
        Ok::<_, Error>(store::find_by_username(&mut db, &username).await?)
    };
    let found = backend.recent.credentials.get(&username, asked).await?;
    let name = backend.remembered.name(
        found.as_ref().map(|row| (row.id, row.version)),
        &username,
        &password,
    );
    let judged = backend
        .remembered
        .verdicts
        .try_get_with(
            name,
            judge(backend, address, &username, &password, found.as_ref()),
        )
        .await;
    match judged {
        Ok(matched) => Ok(weigh(matched, found, address, backend.clock.now())),
        Err(error) => match &*error {
            Error::Throttled { retry_after } => Ok(Verdict::Throttled {
                retry_after: *retry_after,
            }),
            Error::Unavailable(what) => Err(Error::Unavailable(what)),
            other => Err(Error::internal(other.to_string())),
        },
    }
}

/// What a password is worth now and from there. The match may be a remembered one; the rest is asked of the row each
/// time, so an end, a list or a grace period counts for what is remembered too.
pub(super) fn weigh(
    matched: Match,
    found: Option<store::Verifiable>,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Verdict {
    let Some(row) = found else {
        return Verdict::Refused(Refused {
            why: Why::UnknownName,
            of: None,
        });
    };
    let refused = |why| {
        Verdict::Refused(Refused {
            why,
            of: Some((row.id, row.account)),
        })
    };
    // SECURITY: the end is judged by the clock, not by whether background work was there already.
    let is_old_accepted = row.old_accepted_until.is_some_and(|until| now < until);
    let is_old_password = match matched {
        Match::Current => false,
        Match::Old if is_old_accepted => true,
        Match::Old | Match::Neither => return refused(Why::WrongPassword),
    };
    if row.revoked_at.is_some() {
        return refused(Why::Revoked);
    }
    if row.expires_at.is_some_and(|end| end <= now) {
        return refused(Why::Expired);
    }
    if !is_allowed_from(&row.networks, address) {
        return refused(Why::AddressNotAllowed);
    }
    Verdict::Valid(Grant {
        credential: row.id,
        account: row.account,
        is_old_password,
        password_number: row.password_number - i32::from(is_old_password),
        browser_access_ended_at: row.browser_access_ended_at,
    })
}

/// An empty list allows every address; an entry that cannot be read allows none.
pub(super) fn is_allowed_from(networks: &[String], address: IpAddr) -> bool {
    networks.is_empty()
        || networks
            .iter()
            .filter_map(|text| text.parse::<Network>().ok())
            .any(|network| network.contains(address))
}

async fn judge(
    backend: &Backend,
    address: IpAddr,
    username: &str,
    password: &PasswordText,
    found: Option<&store::Verifiable>,
) -> Result<Match, Error> {
    let guess = backend
        .guard
        .admit(Purpose::AccessPassword, username, address)?;
    let matched = match compare(backend, password, found).await {
        Ok(Match::Neither) => return Ok(Match::Neither),
        Ok(matched) => {
            guess.right();
            matched
        }
        Err(error) => {
            guess.void();
            return Err(error);
        }
    };
    if let Some(row) =
        found.filter(|row| matched == Match::Current && hashing::is_outdated(&row.password_hash))
    {
        let new = backend.hashing.hash(password).await?;
        store::update_hash(&mut *backend.db.acquire().await?, row.id, row.version, &new).await?;
    }
    Ok(matched)
}

/// Which of a credential's passwords this is. Both are computed side by side, right or wrong, so that a wrong password
/// takes about the time that it takes for an unknown name (R026).
pub(super) async fn compare(
    backend: &Backend,
    password: &PasswordText,
    found: Option<&store::Verifiable>,
) -> Result<Match, Error> {
    let now = backend.clock.now();
    let current = found.map(|row| row.password_hash.as_str());
    let old = found
        .filter(|row| row.old_accepted_until.is_some_and(|until| now < until))
        .and_then(|row| row.old_password_hash.as_deref());
    let Some(old) = old else {
        let is_right = backend.hashing.verify(password, current).await?;
        return Ok(if is_right {
            Match::Current
        } else {
            Match::Neither
        });
    };
    let (is_current, is_old) = tokio::join!(
        backend.hashing.verify(password, current),
        backend.hashing.verify(password, Some(old)),
    );
    Ok(match (is_current?, is_old?) {
        (true, _) => Match::Current,
        (false, true) => Match::Old,
        (false, false) => Match::Neither,
    })
}

/// A user name in the form that it is stored in.
pub(super) fn username_of(bytes: &[u8]) -> String {
    decode(bytes).nfc().collect()
}

pub(super) fn decode(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|&byte| char::from(byte)).collect(),
        str::to_owned,
    )
}
