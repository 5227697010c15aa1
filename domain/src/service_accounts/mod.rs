//! Service accounts: key pairs with a role, whose holders sign tokens (RS256) that open files and call APIs.
//!
//! - A service account acts in its whole account, and in those of which its account is the parent.
//! - Its role says what it may do; none is recordings, and nothing else. What is a person's is never a service
//!   account's, whatever its role (`Role::may`, [`crate::actor`]).
//! - A key is RSA with 2048 bits. Its private half is in the file that is given once, and is not kept.
//! - Rotating makes a new key beside the old ones, which end at a chosen time; revoking ends all at once, for good.
//! - Only owners make, change, rotate or revoke service accounts of the role owner.

#[cfg(feature = "postgres")]
pub mod actions;
pub mod commands;
#[cfg(feature = "postgres")]
mod keys;
#[cfg(feature = "postgres")]
pub(crate) mod store;
#[cfg(feature = "postgres")]
mod token;
#[cfg(feature = "postgres")]
pub mod verification;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::files::FileKind;
use crate::{Role, Secret};

crate::id::id!(ServiceAccountId);
crate::id::id!(ServiceAccountKeyId);

/// Seconds between `iat` and `exp` of a token at most, as the hosted service has it.
pub const MAX_TOKEN_LIFE: i64 = 3600;

/// Whether a service account of this role opens files of this kind. Recordings are for all; what tells of a call in
/// words needs a role.
pub const fn may_open(role: Option<Role>, kind: FileKind) -> bool {
    match kind {
        FileKind::Individual | FileKind::Live | FileKind::Transcoded => true,
        FileKind::Chat | FileKind::Metadata | FileKind::Captions | FileKind::Log => role.is_some(),
    }
}

/// What stands for no role, in forms and on the command line.
pub const NO_ROLE: &str = "none";

/// The role in a word.
pub const fn role_text(role: Option<Role>) -> &'static str {
    match role {
        Some(role) => role.as_str(),
        None => NO_ROLE,
    }
}

/// The role that a word names; [`NO_ROLE`] is none.
pub fn parse_role(text: &str) -> Result<Option<Role>, String> {
    if text == NO_ROLE {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_: String| {
        format!("{text:?} is no role: use owner, admin, developer, supervisor, support or none")
    })
}

/// A service account as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    pub id: ServiceAccountId,
    /// What people call it.
    pub name: String,
    /// None: recordings only.
    pub role: Option<Role>,
    pub created_at: DateTime<Utc>,
    /// Name of the member; None: the operator, or another service account.
    pub created_by: Option<String>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Latest first.
    pub keys: Vec<ServiceAccountKey>,
}

impl ServiceAccount {
    /// The keys that tokens are accepted of at this moment.
    pub fn keys_in_force(&self, now: DateTime<Utc>) -> impl Iterator<Item = &ServiceAccountKey> {
        let is_revoked = self.revoked_at.is_some();
        self.keys
            .iter()
            .filter(move |key| !is_revoked && key.is_in_force(now))
    }

    /// When one of its keys was used last, and from where.
    pub fn last_use(&self) -> Option<(DateTime<Utc>, &str)> {
        let uses = self.keys.iter().filter_map(|key| {
            let from = key.last_used_from.as_deref().unwrap_or_default();
            key.last_used_at.map(|at| (at, from))
        });
        uses.max()
    }
}

/// The public half of a key, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccountKey {
    /// What tokens call it (`kid`).
    pub id: ServiceAccountKeyId,
    pub created_at: DateTime<Utc>,
    /// From when it is refused, because another one took its place.
    pub ends_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// To the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    pub last_used_from: Option<String>,
}

impl ServiceAccountKey {
    /// Whether it is neither revoked nor past its end.
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.ends_at.is_none_or(|end| now < end)
    }
}

/// A key that was just made, with what stands in its file.
#[derive(Debug, Clone)]
pub struct MadeKey {
    pub service_account: ServiceAccountId,
    pub name: String,
    pub key: ServiceAccountKeyId,
    /// Of the account's first owner.
    pub account_email: String,
    /// The account's number, which tokens name as their issuer.
    pub account_number: i64,
    /// PEM (PKCS #8). Exists here alone.
    pub private_key: Secret,
}

/// The members of the file, in the order in which the hosted service writes them.
#[derive(Serialize)]
struct KeyFile<'a> {
    account_email: &'a str,
    account_id: i64,
    key_id: ServiceAccountKeyId,
    private_key: &'a str,
}

impl MadeKey {
    /// The file that the clients of the hosted service read.
    pub fn to_json(&self) -> Secret {
        let file = KeyFile {
            account_email: &self.account_email,
            account_id: self.account_number,
            key_id: self.key,
            private_key: self.private_key.reveal(),
        };
        // Texts and numbers can always be written.
        Secret::new(serde_json::to_string_pretty(&file).unwrap_or_default() + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R142: the whole matrix, said once more.
    #[test]
    fn recordings_are_for_all_and_words_need_a_role() {
        let roles = std::iter::once(None).chain(Role::ALL.map(Some));
        for role in roles {
            for kind in FileKind::ALL {
                let expected = FileKind::RECORDINGS.contains(&kind) || role.is_some();
                assert_eq!(may_open(role, kind), expected, "{role:?} {kind:?}");
            }
            assert_eq!(parse_role(role_text(role)), Ok(role));
        }
        assert!(parse_role("Owner").is_err());
        assert!(parse_role("").is_err());
    }

    #[test]
    fn the_file_is_what_the_clients_read_and_debug_hides_the_key() {
        let made = MadeKey {
            service_account: ServiceAccountId::from_uuid(uuid::Uuid::from_u128(1)),
            name: "nightly".to_owned(),
            key: ServiceAccountKeyId::from_uuid(uuid::Uuid::from_u128(2)),
            account_email: "owner@example.org".to_owned(),
            account_number: 1_000_001,
            private_key: Secret::new("-----BEGIN PRIVATE KEY-----\nabc\n"),
        };
        let json = made.to_json();
        assert_eq!(
            json.reveal(),
            "{\n  \"account_email\": \"owner@example.org\",\n  \"account_id\": 1000001,\n  \"key_id\": \
             \"00000000-0000-0000-0000-000000000002\",\n  \"private_key\": \"-----BEGIN PRIVATE KEY-----\\nabc\\n\"\n}\n"
        );
        assert!(!format!("{made:?}{json:?}").contains("BEGIN"));
    }
}
