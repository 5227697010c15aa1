//! Verdicts in plain words: the reasons of the gate's own table, and no others.

use chrono::{DateTime, Utc};
use domain::access::Because;
use domain::files::{FileState, Openness};

/// Why, as a sentence; a moment belongs at its end.
pub(super) const fn why(because: Because) -> (&'static str, Option<DateTime<Utc>>) {
    match because {
        Because::Credential => (
            "User name and password open every file of the account",
            None,
        ),
        Because::Link => (
            "An application of its project asks the API for a link, which opens it for ten minutes",
            None,
        ),
        Because::ServiceAccount => (
            "A token of the service account opens it: recordings with any role, the rest with one",
            None,
        ),
        Because::ServiceRole => (
            "Chat, metadata, captions and logs need a role; this service account has none",
            None,
        ),
        Because::SignIn => ("Signed-in members open the account's files", None),
        Because::Open { until } => ("Anyone with its address can, until", Some(until)),
        Because::Closed(openness) => closed(openness),
        Because::WrongProof => (
            "The credential or key has ended. A wrong one is refused everywhere, even where none is needed",
            None,
        ),
        Because::Role => ("The member's role opens no files", None),
        Because::AnotherAccount => ("It is another account's file", None),
        Because::Gone(state) => gone(state),
        Because::Throttled => ("Too many wrong passwords came before", None),
    }
}

const fn closed(openness: Openness) -> (&'static str, Option<DateTime<Utc>>) {
    match openness {
        Openness::Open { until } => ("Anyone with its address can, until", Some(until)),
        Openness::NotYet { from } => (
            "Needs a credential: its project opens it when the session ends,",
            Some(from),
        ),
        Openness::Over { since } => (
            "Needs a credential: the public window closed on",
            Some(since),
        ),
        Openness::SecureProject => ("Needs a credential: its project is in secure mode", None),
        Openness::SecureFile => (
            "Needs a credential: it is marked secure, although its project is open",
            None,
        ),
        Openness::Gone { state } => gone(state),
    }
}

const fn gone(state: FileState) -> (&'static str, Option<DateTime<Utc>>) {
    match state {
        FileState::Expired => ("Expired: the retention of its project is over", None),
        FileState::Trashed => ("It lies in the trash", None),
        FileState::Deleted => ("Its bytes are deleted", None),
        FileState::There => ("It is no longer there", None),
    }
}
