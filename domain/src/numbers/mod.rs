//! Numbers of sessions, files and members, for APIs whose ids are numbers (SecureVideo).
//!
//! - The database gives each row its number, and never the same to two of a kind. They say nothing but which row it is.
//! - A number is known on the whole server: whoever asks for another account's learns that it is taken, as
//!   SecureVideo's API has it, and nothing else.

#[cfg(feature = "postgres")]
pub mod actions;
#[cfg(feature = "postgres")]
mod store;

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::files::FileId;
use crate::sessions::SessionId;

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<T> {
    /// Something that the caller may know.
    Own(T),
    /// Something of another account or project.
    Foreign,
    Nothing,
}

/// The numbers of some sessions and of their files.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    pub sessions: HashMap<SessionId, i64>,
    /// With the moment when the file came into the vault.
    pub files: HashMap<FileId, (i64, DateTime<Utc>)>,
}
