//! Access credentials: user name and password for session files.
//!
//! - The system makes user name and preset password from URL-unreserved characters without look-alikes.
//! - The preset can be shown, so it is kept encrypted beside its hash. A reset deletes the encrypted copy in the
//!   same transaction that stores the new hash; from then on there is only the hash, and nothing to show.
//! - A reset asks for the account password; a wrong one changes nothing.
//! - Every change raises the version; what was remembered of an older version is void on every node at once.
//! - An account has one main credential, and further ones with a name, one for each integration: only their hash is
//!   kept, and they may end on a day and be bound to addresses. All open the same files.
//! - A change of the password may leave the old one accepted for a while. There is at most one old password, it ends
//!   by the clock or when somebody says so, and then its hash is deleted.
//! - What lets somebody in (reset, add, edit, rotate) asks for the account password. What only takes access away does
//!   not: it is needed in a hurry.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod browsers;
#[cfg(feature = "postgres")]
pub mod callers;
#[cfg(feature = "postgres")]
mod client;
#[cfg(feature = "postgres")]
pub mod further;
pub mod inspection;
#[cfg(feature = "postgres")]
pub mod jobs;
mod network;
#[cfg(feature = "postgres")]
pub(crate) mod store;
#[cfg(feature = "postgres")]
pub mod strength;
#[cfg(feature = "postgres")]
pub mod verification;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use network::Network;

crate::id::id!(CredentialId);

/// What Recording Access Control shows of a credential. Never a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub id: CredentialId,
    pub username: String,
    /// The preset password is unchanged and can be shown.
    pub is_preset: bool,
    /// When the password was last changed; None while it is the preset.
    pub changed_at: Option<DateTime<Utc>>,
    /// Name of the member who changed it.
    pub changed_by: Option<String>,
    /// Until when the password before is accepted too; None once that is over.
    pub old_accepted_until: Option<DateTime<Utc>>,
}

/// How long the old password is accepted after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Grace {
    /// Not at all.
    #[default]
    None,
    Hour,
    Day,
    ThreeDays,
}

impl Grace {
    pub const ALL: [Self; 4] = [Self::None, Self::Hour, Self::Day, Self::ThreeDays];

    pub const fn hours(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Hour => 1,
            Self::Day => 24,
            Self::ThreeDays => 72,
        }
    }

    /// The end of the period that begins now; None if there is none.
    pub fn until(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (self != Self::None).then(|| now + chrono::TimeDelta::hours(self.hours().into()))
    }
}

impl std::str::FromStr for Grace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|grace| grace.hours().to_string() == text)
            .ok_or(())
    }
}

/// A credential that was made for one integration. Never a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherCredential {
    pub id: CredentialId,
    pub name: String,
    pub username: String,
    /// From then on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// From where it opens files; empty for anywhere.
    pub networks: Vec<Network>,
    pub created_at: DateTime<Utc>,
    /// When the password was last changed; at first when it was made.
    pub changed_at: DateTime<Utc>,
    /// Until when the password before is accepted too.
    pub old_accepted_until: Option<DateTime<Utc>>,
    pub last_use: Option<LastUse>,
}

/// Who used a credential last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    pub at: DateTime<Utc>,
    pub address: String,
    pub client: String,
}

/// What is typed of a further credential.
#[derive(Debug, Clone)]
pub struct FurtherDraft {
    pub name: String,
    pub expires_at: Option<DateTime<Utc>>,
    /// As typed: one entry on each line.
    pub networks: String,
    pub account_password: crate::Secret,
}

/// A credential's user name and password, for the one time that it can be shown.
#[derive(Debug, Clone)]
pub struct Made {
    pub id: CredentialId,
    pub name: String,
    pub username: String,
    pub password: crate::Secret,
}

/// Somebody who used the old password, and what is known of them since it was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldCaller {
    pub address: String,
    /// What its `User-Agent` says, shortened; may be empty.
    pub client: String,
    /// When it last used the old password.
    pub last_seen_at: DateTime<Utc>,
    /// Requests with the old password since it was replaced.
    pub requests: u64,
    pub state: OldCallerState,
}

/// Whether ending the grace period would stop a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OldCallerState {
    /// It used the old password after the change, and not the new one since.
    Still,
    /// It used the old password before the change, and has not called since.
    Unseen,
    /// It uses the new password.
    Switched,
}

/// A reset of the access password, as typed.
#[derive(Debug, Clone)]
pub struct Reset {
    pub account_password: crate::Secret,
    pub new_password: crate::Secret,
    pub confirmation: crate::Secret,
    pub grace: Grace,
}

/// How hard a password is to guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// 0 (a guess away) to 4 (out of reach).
    pub score: u8,
    /// It may be set.
    pub is_accepted: bool,
    /// What would make it better; empty when nothing needs saying.
    pub advice: String,
}
