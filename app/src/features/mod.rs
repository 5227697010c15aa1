//! One folder for each noun: its pages, its islands, its server functions.

pub(crate) mod access;
pub(crate) mod access_log;
pub(crate) mod accounts;
pub(crate) mod api_keys;
pub(crate) mod api_secrets;
pub(crate) mod credentials;
pub(crate) mod insights;
pub(crate) mod intake;
pub(crate) mod invitations;
pub(crate) mod members;
pub(crate) mod password_resets;
pub(crate) mod projects;
pub(crate) mod second_factors;
pub(crate) mod service_accounts;
pub(crate) mod sessions;
pub(crate) mod sign_ins;
pub(crate) mod webhooks;
