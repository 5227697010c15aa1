//! The APIs: what programs ask of Reelgate, each in the form that they know.
//!
//! Every one authenticates by a project's API identifier and secret over Basic ([`caller`]), reads no cookie, and never
//! redirects. None has rules of its own: a handler reads a request, calls one action of `domain`, and writes the answer
//! in its own form.

pub mod caller; // who asks, and why not
pub mod problem; // errors of our own API
pub mod uploads; // files that programs send

use axum::Router;

use crate::state::AppState;

/// Every API, without the layers of people.
pub fn router() -> Router<AppState> {
    Router::new().merge(uploads::router())
}
