//! Second factors: what a member shows beside the account password to sign in.
//!
//! - An authenticator app (RFC 6238) or passkeys (WebAuthn), or both; with the first of them come recovery codes.
//! - Once a member has one, the right password alone opens nothing: the sign-in waits for ten minutes, in a row of its
//!   own, for a code, a passkey or a recovery code ([`steps`]).
//! - A code of the app counts once. Wrong ones in a row make the next wait, and a hundred end it (SP 800-63B 3.2.2).
//! - A reset of the password leaves all this as it is; else a mailbox would be worth both factors (R034).
//! - Adding or removing one asks for the account password, and is told to the member by mail.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
pub mod passkeys;
#[cfg(feature = "postgres")]
mod recovery;
#[cfg(feature = "postgres")]
pub mod reset;
#[cfg(feature = "postgres")]
pub mod steps;
#[cfg(feature = "postgres")]
mod store;
#[cfg(feature = "postgres")]
mod totp;

#[cfg(feature = "testing")]
pub(crate) use totp::SharedSecret;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

crate::id::id!(PasskeyId);

/// Recovery codes that are made at a time.
pub const RECOVERY_CODES: usize = 10;

/// What a member has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactors {
    pub app: Option<App>,
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
    /// Recovery codes that were not used yet.
    pub codes_left: i64,
    /// When they were made; None without any.
    pub codes_made_at: Option<DateTime<Utc>>,
}

impl SecondFactors {
    /// Whether a sign-in asks for any of them. Recovery codes alone are none.
    pub const fn are_on(&self) -> bool {
        self.app.is_some() || !self.passkeys.is_empty()
    }
}

/// An authenticator app that was confirmed with a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub added_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A passkey as its member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    pub id: PasskeyId,
    /// What the member calls it.
    pub name: String,
    pub added_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What a sign-in that waits may be completed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    pub app: bool,
    pub passkey: bool,
    pub recovery_code: bool,
}
