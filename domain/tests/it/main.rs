//! Actions and the vault against a real database and a real disk.

mod media;
mod vault;
