//! The process: HTTP outside, domain inside. The program `reelgate` is a few lines around this.

pub mod api; // what programs ask, each in the form that they know
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
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

pub use state::AppState;

/// Every route behind every layer. Tests call this too.
///
/// Layers are stacked into one before they are put on: added one by one, each would copy all that are below it onto the
/// heap for each request.
pub fn router(state: AppState) -> Router {
    let http = || state.http.clone();
    // Outermost first: a request meets them from the first line to the last.
    let for_everything = ServiceBuilder::new()
        // Who is at the other end: everything may ask.
        .layer(from_fn_with_state(http(), layers::address::layer))
        // One line for each request, refused ones included. Needs the address.
        .layer(from_fn(layers::trace::layer))
        // One number more for each request, refused ones included.
        .layer(from_fn_with_state(state.metrics.clone(), operations::layer))
        // "Not now" always says when to come back.
        .layer(from_fn(layers::retry::layer))
        // Headers also on refusals and errors. Draws the nonce that pages use.
        .layer(from_fn_with_state(http(), layers::headers::layer))
        // A panic anywhere below is an answer with all headers and a line in the log.
        .layer(CatchPanicLayer::custom(layers::panic::answer))
        // All of the below must answer in time.
        .layer(from_fn(layers::timeout::layer))
        // Foreign hosts, unsound targets, ambiguous framing: before anything reads path or body.
        .layer(from_fn_with_state(http(), layers::host::layer))
        // An API whose paths have no one spelling. Before the routes, since these have.
        .layer(from_fn_with_state(state.clone(), api::securevideo::layer));
    let for_people_and_programs = ServiceBuilder::new()
        // Writes of other sites. Needs the origin that `host` found.
        .layer(from_fn(layers::csrf::layer))
        .layer(from_fn_with_state(
            http(),
            layers::sign_in::complete_removal,
        ))
        // The cookie of a sign-in, read when somebody asks. Innermost, so that refused requests never get here.
        .layer(layers::sign_in::layer(&state));
    Router::new()
        .merge(web::router(&state))
        .merge(recordings::router(&state))
        .merge(gate::router())
        .layer(for_people_and_programs)
        // Programs show a secret with each request and bring no cookie: no foreign page can speak for them.
        .merge(api::router())
        // Health is below the sign-ins and the writes, but behind everything that protects the process.
        .merge(operations::health())
        .layer(for_everything)
        .with_state(state)
}
