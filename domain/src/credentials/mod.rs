//! Access credentials: user name and password for session files.
//!
//! - The system makes user name and preset password from URL-unreserved characters without look-alikes.
//! - The preset can be shown, so it is kept encrypted beside its hash. A reset deletes the encrypted copy in the
//!   same transaction that stores the new hash; from then on there is only the hash, and nothing to show.
//! - A reset asks for the account password; a wrong one changes nothing.
//! - Every change raises the version; what was remembered of an older version is void on every node at once.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub(crate) mod store;
#[cfg(feature = "postgres")]
pub mod strength;
#[cfg(feature = "postgres")]
pub mod verification;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
}

/// A reset of the access password, as typed.
#[derive(Debug, Clone)]
pub struct Reset {
    pub account_password: crate::Secret,
    pub new_password: crate::Secret,
    pub confirmation: crate::Secret,
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
