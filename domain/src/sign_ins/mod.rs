//! Sign-ins: a browser that has shown an account password. (Elsewhere called a session; here a session is a call.)
//!
//! - The database holds the SHA-256 of the cookie's id, so a dump of it signs nobody in.
//! - Members see their own sign-ins, with the browser and the address that made each, and end them.
//! - A sign-in ends after an idle time, after an absolute time, at sign-out, and when the password changes elsewhere.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

#[cfg(feature = "postgres")]
pub mod device;

#[cfg(feature = "postgres")]
pub use store::SignInRecord;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

crate::id::id!(SignInId);

/// Keys under which a sign-in's data says from where it was made.
pub const USER_AGENT_KEY: &str = "user_agent";
/// See [`USER_AGENT_KEY`].
pub const ADDRESS_KEY: &str = "address";

/// One of a member's own sign-ins, as the member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSignIn {
    pub id: SignInId,
    /// Browser and system: `Firefox on Windows`.
    pub device: String,
    /// Where it was made from; None for one that was made before addresses were noted.
    pub address: Option<String>,
    pub created_at: DateTime<Utc>,
    /// Within a minute.
    pub last_seen_at: DateTime<Utc>,
    /// The one that asks.
    pub is_this: bool,
}
