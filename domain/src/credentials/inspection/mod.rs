//! "Test this credential": what is wrong with what a program sends.
//!
//! SECURITY: what was pasted is in memory for as long as it takes, and nowhere else. A finding says what kind of
//! mistake it is and holds nothing of what was pasted. Each test is a guess of the password, limited like a sign-in.

mod finding;
#[cfg(feature = "postgres")]
mod pasted;
#[cfg(feature = "postgres")]
mod test;

pub use finding::{Finding, TestedClient};
#[cfg(feature = "postgres")]
pub use test::{CredentialTest, inspect};
