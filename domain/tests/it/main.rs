//! Actions and the vault against a real database and a real disk.

mod import;
mod import_large;
mod media;
mod vault;
