//! Our own API, `/api/v1`: one file for each resource, and the OpenAPI document that is made from them.
//!
//! Whoever calls is a project's application and reaches nothing beyond its project. Every error is a problem
//! (RFC 9457); lists go by cursors; what makes something may be repeated under an `Idempotency-Key`; what changes
//! something may be bound to a state by `If-Match`.

mod access_log;
pub mod answers; // every refusal is a problem
mod credentials;
mod deliveries; // of webhooks
mod docs; // the document for people
pub mod document; // OpenAPI
mod entry; // who is let in
mod files;
mod lists; // what lists have in common
mod projects;
mod query; // parameters, read strictly
mod replays; // Idempotency-Key
mod request; // what handlers take
mod sessions;
mod tags; // ETag, If-Match
mod usage;
mod webhooks;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::document::Document;
pub(in crate::api) use self::files::Kind;
use super::uploads;
use crate::state::AppState;

/// Where all of it is.
pub const PREFIX: &str = "/api/v1";

/// Every route, behind the one door.
pub fn router(state: &AppState) -> Router<AppState> {
    let (routes, _) = parts();
    let document = Document::new(&openapi());
    let routes = routes
        .merge(document.router())
        .fallback(answers::not_found)
        .layer(from_fn_with_state(state.clone(), replays::layer))
        .layer(from_fn_with_state(state.clone(), entry::layer));
    Router::new().nest(PREFIX, routes)
}

/// What the routes say of themselves, those of uploads too: they stand beside the door, and have one of their own.
pub fn openapi() -> OpenApi {
    document::finish(parts().1).merge_from(uploads::openapi())
}

fn parts() -> (Router<AppState>, OpenApi) {
    OpenApiRouter::with_openapi(document::frame())
        .routes(routes!(projects::list))
        .routes(routes!(projects::get, projects::change))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::get, sessions::change, sessions::discard))
        .routes(routes!(files::list))
        .routes(routes!(files::get, files::change, files::discard))
        .routes(routes!(files::restore))
        .routes(routes!(credentials::list))
        .routes(routes!(credentials::revoke))
        .routes(routes!(credentials::rotate))
        .routes(routes!(access_log::list))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::change, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(deliveries::test))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::get))
        .routes(routes!(deliveries::resend))
        .routes(routes!(usage::get))
        .split_for_parts()
}
