//! Password resets: one-time links with which a member who forgot the account password sets a new one.
//!
//! - Whoever asks gets the same answer in the same time, whether a member has the address or not: the question is
//!   only written down, and background work looks the member up and sends the mail.
//! - A link is good for an hour and for one use; a newer one voids it. Asking for one changes nothing else.
//! - Using it signs nobody in and ends all of the member's sign-ins.
//! - Owners and admins start a reset for a member. Where mail is set up the link goes to the member alone.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

/// Path of the page that sets the new password.
pub const PATH: &str = "/reset-password";

/// What the link's holder types.
#[derive(Debug, Clone)]
pub struct NewChoice {
    pub password: crate::Secret,
    pub confirmation: crate::Secret,
}
