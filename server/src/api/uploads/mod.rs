//! Files that programs send: one request for one file (PUT), or the tus protocol with its interruptions.
//!
//! Who asks is decided before a byte of the body is read. Bodies may take for ever as a whole, but never stand still.

mod answer; // a delivered file, as JSON
mod body; // bytes as they come
mod described; // in the OpenAPI document
mod digest; // Content-Digest
pub mod linger; // refusals that senders can hear
mod metadata; // Upload-Metadata
mod put; // one file in one request
mod tus; // the protocol
mod who; // the application that sends

use axum::Router;
use axum::middleware::{from_fn, map_response};
use http::Method;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::v1::PREFIX;
use crate::state::AppState;

/// Where uploads are begun.
pub const UPLOADS: &str = "/api/v1/uploads";

/// Routes of both ways. They read no body before they know who asks, and need not be let in by the door of the others,
/// which keeps bodies short and JSON.
pub fn router() -> Router<AppState> {
    let (tus, _) = in_pieces().split_for_parts();
    let (put, _) = at_once().split_for_parts();
    let routes = put
        .merge(tus.layer(map_response(tus::say_version)))
        .layer(from_fn(linger::layer));
    Router::new().nest(PREFIX, routes)
}

/// What the routes say of themselves.
pub fn openapi() -> OpenApi {
    let (_, document) = at_once().merge(in_pieces()).split_for_parts();
    described::finish(document)
}

fn at_once() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(put::put))
}

fn in_pieces() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(tus::abilities, tus::create))
        .routes(routes!(
            tus::abilities_of_one,
            tus::show,
            tus::offset,
            tus::append,
            tus::remove,
            tus::overridden
        ))
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
