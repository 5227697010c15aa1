//! Actions and the vault against a real database and a real disk, one file for each feature.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop, and makes rows that no action makes"
)]

mod access;
mod access_log;
mod accounts;
mod api_keys;
mod api_secrets;
mod audit;
mod background;
mod credential_tests;
mod credentials;
mod delivery;
mod further_credentials;
mod grace;
mod import;
mod import_large;
mod insights;
mod intake;
mod invitations;
mod mail;
mod media;
mod members;
mod outbound;
mod password_resets;
mod projects;
mod recent;
mod rights;
mod roles;
mod roster;
mod second_factors;
mod service_accounts;
mod session_detail;
mod sessions;
mod sign_ins;
mod template;
mod trash;
mod vault;
mod webhooks;
