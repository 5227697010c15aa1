//! Actions and the vault against a real database and a real disk, one file for each feature.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod accounts;
mod credentials;
mod import;
mod import_large;
mod media;
mod members;
mod sessions;
mod sign_ins;
mod vault;
