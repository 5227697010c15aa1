//! Files that programs send: one request for one file (PUT), or the tus protocol with its interruptions.
//!
//! Who asks is decided before a byte of the body is read. Bodies may take for ever as a whole, but never stand still.

mod answer; // a delivered file, as JSON
mod body; // bytes as they come
mod digest; // Content-Digest
pub mod linger; // refusals that senders can hear
mod metadata; // Upload-Metadata
mod put; // one file in one request
mod tus; // the protocol
mod who; // the application that sends

use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::routing::{options, put};
use http::Method;

use crate::state::AppState;

/// Where uploads are begun.
pub const UPLOADS: &str = "/api/v1/uploads";

/// Routes of both ways.
pub fn router() -> Router<AppState> {
    let tus = Router::new()
        .route(UPLOADS, options(tus::abilities).post(tus::create))
        .route(
            "/api/v1/uploads/{id}",
            options(tus::abilities)
                .get(tus::show)
                .head(tus::offset)
                .patch(tus::append)
                .delete(tus::remove)
                .post(tus::overridden),
        )
        .layer(map_response(tus::say_version));
    Router::new()
        .route(
            "/api/v1/projects/{project}/sessions/{room}/{conference_number}/files/{name}",
            put(put::put),
        )
        .merge(tus)
        .layer(from_fn(linger::layer))
}

/// Whether a request brings a file, so that it may take long and may be of unknown length.
pub fn brings_a_file(method: &Method, path: &str) -> bool {
    match *method {
        Method::PUT => path.starts_with("/api/v1/projects/") && path.contains("/files/"),
        Method::POST | Method::PATCH => path
            .strip_prefix(UPLOADS)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_routes_that_take_files_have_their_freedom() {
        assert!(brings_a_file(
            &Method::PUT,
            "/api/v1/projects/1/sessions/r/2/files/a.mp4"
        ));
        assert!(brings_a_file(&Method::POST, "/api/v1/uploads"));
        assert!(brings_a_file(&Method::PATCH, "/api/v1/uploads/1"));
        assert!(!brings_a_file(&Method::GET, "/api/v1/uploads/1"));
        assert!(!brings_a_file(&Method::POST, "/api/v1/uploadsomething"));
        assert!(!brings_a_file(&Method::POST, "/rpc/app/x"));
        assert!(!brings_a_file(&Method::PUT, "/api/v1/projects/1"));
    }
}
