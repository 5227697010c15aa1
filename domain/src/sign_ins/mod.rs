//! Sign-ins: a browser that has shown an account password. (Elsewhere called a session; here a session is a call.)
//!
//! - The database holds the SHA-256 of the cookie's id, so a dump of it signs nobody in.
//! - A sign-in ends after an idle time, after an absolute time, at sign-out, and when the password changes elsewhere.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

#[cfg(feature = "postgres")]
pub use store::SignInRecord;
