//! The process: HTTP outside, domain inside. The program `reelgate` is a few lines around this.

pub mod background; // what happens without a request
pub mod cli; // the command line
pub mod config; // settings
pub mod downloads; // what pages show, as tables for other programs
pub mod gate; // the one path of every file request
pub mod layers; // what happens to every request
pub mod listener; // the accept loop
pub mod operations; // health and metrics
pub mod postgres; // the embedded PostgreSQL
pub mod recordings; // what the report gives beside its page
pub mod start; // from settings to a running backend
pub mod state; // what every route can reach
pub mod web; // pages, server functions, site files

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

pub use state::AppState;

/// Every route behind every layer. Tests call this too.
pub fn router(state: AppState) -> Router {
    let http = || state.http.clone();
    Router::new()
        .merge(web::router(&state))
        .merge(recordings::router(&state))
        .merge(gate::router())
        // Innermost first: a request meets them from the last line to the first.
        //
        // The cookie of a sign-in, read when somebody asks. Innermost, so that refused requests never get here.
        .layer(layers::sign_in::layer(&state))
        .layer(from_fn_with_state(
            http(),
            layers::sign_in::complete_removal,
        ))
        // Writes of other sites. Needs the origin that `host` found.
        .layer(from_fn(layers::csrf::layer))
        // Health is below the sign-ins and the writes, but behind everything that protects the process.
        .merge(operations::health())
        // Foreign hosts, unsound targets, ambiguous framing: before anything reads path or body.
        .layer(from_fn_with_state(http(), layers::host::layer))
        // All of the above must answer in time.
        .layer(from_fn(layers::timeout::layer))
        // A panic anywhere above is an answer with all headers and a line in the log.
        .layer(CatchPanicLayer::custom(layers::panic::answer))
        // Headers also on refusals and errors. Draws the nonce that pages use.
        .layer(from_fn_with_state(http(), layers::headers::layer))
        // "Not now" always says when to come back.
        .layer(from_fn(layers::retry::layer))
        // One number more for each request, refused ones included.
        .layer(from_fn_with_state(
            state.metrics.clone(),
            operations::layer,
        ))
        // One line for each request, refused ones included. Needs the address.
        .layer(from_fn(layers::trace::layer))
        // Who is at the other end: everything may ask.
        .layer(from_fn_with_state(http(), layers::address::layer))
        .with_state(state)
}
