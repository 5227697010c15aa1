//! The outcomes that a caller can act on. A new variant needs a new reaction, not a new cause.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What went wrong with one field of an input, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Name of the form field, as in the HTML `name`.
    pub field: String,
    /// A sentence that says what to do. Never holds what was typed.
    pub message: String,
}

/// Why an action did not happen. Nothing was changed when one of these comes back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} not found")]
    NotFound(&'static str),
    #[error("not signed in")]
    Unauthenticated,
    #[error("not allowed for this role")]
    Forbidden,
    /// At least one field is wrong.
    #[error("invalid input: {}", .0.iter().map(|p| p.field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<Problem>),
    #[error("conflict: {0}")]
    Conflict(String),
    /// It was there, was deleted, and does not come back: a sentence about it.
    #[error("gone: {0}")]
    Gone(&'static str),
    /// More bytes than one file may have here.
    #[error("larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// The project has no room for so many bytes.
    #[error("no room: {free} bytes are left")]
    Full { free: u64 },
    /// Too many wrong guesses, or no room for one more computation.
    #[error("too many attempts")]
    Throttled { retry_after: Duration },
    #[error("{0} unavailable")]
    Unavailable(&'static str),
    /// Logged once with its chain where it is rendered; its text never leaves the process.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One wrong field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Problem {
            field: field.to_owned(),
            message: message.into(),
        }])
    }

    /// Anything that the caller can do nothing about.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

#[cfg(feature = "postgres")]
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // The database is away or has no room: the caller may come back, and is told so.
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                tracing::warn!(error = %error, "database unavailable");
                Self::Unavailable("database")
            }
            sqlx::Error::Database(ref cause)
                if cause
                    .code()
                    .is_some_and(|code| code.starts_with("57P") || code.starts_with("53")) =>
            {
                tracing::warn!(error = %error, "database unavailable");
                Self::Unavailable("database")
            }
            other => Self::Internal(Box::new(other)),
        }
    }
}

/// Turns the violation of one named constraint into an outcome.
#[cfg(feature = "postgres")]
pub(crate) trait OnConstraint<T> {
    fn on_constraint(self, name: &str, outcome: impl FnOnce() -> Error) -> Result<T, Error>;
}

#[cfg(feature = "postgres")]
impl<T> OnConstraint<T> for Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, outcome: impl FnOnce() -> Error) -> Result<T, Error> {
        self.map_err(|error| match &error {
            sqlx::Error::Database(cause) if cause.constraint() == Some(name) => outcome(),
            _ => error.into(),
        })
    }
}
