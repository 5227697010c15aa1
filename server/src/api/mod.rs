//! The APIs: what programs ask of Reelgate, each in the form that they know.
//!
//! Every one authenticates by a project's API identifier and secret over Basic ([`caller`]), but for the management API,
//! which takes tokens of service accounts, and for what senders of recordings call. All read no cookie, and never
//! redirect. None has rules of its own: a handler reads a request, calls one action of `domain`, and writes the answer
//! in its own form.

pub mod caller; // who asks, and why not
mod days; // days in addresses
mod enablex; // the archive API of EnableX, vCloudX and Smartflo Meet
mod intake; // where senders of recordings call, each with its own proof
mod listing; // lists of any length
pub mod platform; // the management API of Voximplant
pub mod problem; // errors of our own API
pub mod securevideo; // the conventions of SecureVideo
pub mod uploads; // files that programs send
pub mod v1; // our own API

use std::time::Duration;

use axum::Router;
use http::HeaderValue;

use crate::state::AppState;

/// Every API, without the layers of people.
pub fn router(state: &AppState) -> Router<AppState> {
    Router::new()
        .merge(v1::router(state))
        .merge(enablex::router())
        .merge(uploads::router())
        .merge(intake::router())
        .merge(platform::router())
}

/// The value of `Retry-After`. Rounded up: whoever comes back then must not be too early.
fn whole_seconds(wait: Duration) -> HeaderValue {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    HeaderValue::from(seconds.max(1))
}
