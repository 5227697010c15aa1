//! Whether a user name and password open session files, at the price of one hash for each fresh password.
//!
//! A verdict is remembered in memory under the credential, its version and a keyed hash of the password: many
//! requests with the same password, right or wrong, cost one hash, and requests that come while it is computed
//! wait for it. The version is read from the database each time, so a change takes effect at once on every node.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use moka::Expiry;
use moka::future::Cache;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization;

use super::{CredentialId, store};
use crate::accounts::AccountId;
use crate::guard::Purpose;
use crate::{Backend, Error, PasswordText, hashing};

/// What a user name and password are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Valid {
        credential: CredentialId,
        account: AccountId,
    },
    Wrong,
    /// Not judged: this address or this name has used up its guesses.
    Throttled {
        retry_after: Duration,
    },
}

/// The verdicts that a process remembers. Bounded; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    /// Keyed with this process's own key: the table is worth nothing outside of it.
    key: Arc<[u8; 32]>,
    verdicts: Cache<[u8; 32], bool>,
}

/// A right password is worth remembering long, a wrong one just long enough that a player which repeats it is one
/// guess (R042).
struct Memory;

impl Expiry<[u8; 32], bool> for Memory {
    fn expire_after_create(&self, _: &[u8; 32], is_right: &bool, _: Instant) -> Option<Duration> {
        Some(if *is_right {
            Duration::from_mins(10)
        } else {
            Duration::from_mins(1)
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
        return Ok(Verdict::Wrong);
    };
    if username.len() > PasswordText::MAX_BYTES {
        return Ok(Verdict::Wrong);
    }
    let username: String = decode(username).nfc().collect();
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
        Ok(true) => Ok(found.map_or(Verdict::Wrong, |row| Verdict::Valid {
            credential: row.id,
            account: row.account,
        })),
        Ok(false) => Ok(Verdict::Wrong),
        Err(error) => match &*error {
            Error::Throttled { retry_after } => Ok(Verdict::Throttled {
                retry_after: *retry_after,
            }),
            Error::Unavailable(what) => Err(Error::Unavailable(what)),
            other => Err(Error::internal(other.to_string())),
        },
    }
}

async fn judge(
    backend: &Backend,
    address: IpAddr,
    username: &str,
    password: &PasswordText,
    found: Option<&store::Verifiable>,
) -> Result<bool, Error> {
    let guess = backend
        .guard
        .admit(Purpose::AccessPassword, username, address)?;
    let hash = found.map(|row| row.password_hash.as_str());
    match backend.hashing.verify(password, hash).await {
        Ok(true) => guess.right(),
        Ok(false) => return Ok(false),
        Err(error) => {
            guess.void();
            return Err(error);
        }
    }
    if let Some(row) = found.filter(|row| hashing::is_outdated(&row.password_hash)) {
        let new = backend.hashing.hash(password).await?;
        store::update_hash(&mut *backend.db.acquire().await?, row.id, row.version, &new).await?;
    }
    Ok(true)
}

fn decode(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|&byte| char::from(byte)).collect(),
        str::to_owned,
    )
}
