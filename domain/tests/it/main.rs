//! Actions against a real database, one file for each feature.

mod accounts;
mod credentials;
mod members;
mod sessions;
mod sign_ins;
mod vault;
