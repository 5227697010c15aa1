//! What the Recordings report gives beside its page: a table for other programs, an archive of files, pictures.

mod archive;
pub(crate) mod csv;
mod entry_name;
mod export;
mod poster;
pub mod zip;

use app::error::UiError;
use app::routes::paths;
use app::ssr::Visitor;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use domain::Error;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use tower_http::limit::RequestBodyLimitLayer;

use crate::layers::refusal::refuse;
use crate::layers::sign_in;
use crate::state::AppState;

/// Bytes of the posted choice: some 1,500 sessions and files.
const MAX_CHOICE: usize = 64 * 1024;

/// The routes, each for members only.
pub fn router(state: &AppState) -> Router<AppState> {
    Router::new()
        .route(paths::RECORDINGS_CSV, get(export::answer))
        .route(
            paths::RECORDINGS_ZIP,
            post(archive::answer).layer(RequestBodyLimitLayer::new(MAX_CHOICE)),
        )
        .route(
            &format!("{}/{{session}}/poster", paths::RECORDINGS),
            get(poster::answer),
        )
        .layer(from_fn(for_members))
        .layer(from_fn_with_state(state.clone(), sign_in::visitor))
}

/// Nobody else gets further. People are sent to the sign-in, programs are told.
async fn for_members(mut request: Request, next: Next) -> Response {
    let Some(visitor) = request.extensions().get::<Visitor>().cloned() else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.");
    };
    if let Some(failure) = visitor.failure {
        return match failure {
            UiError::Unavailable => refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "The database cannot be reached just now. Try again in a moment.",
            ),
            _ => refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong."),
        };
    }
    let Some(actor) = visitor.actor else {
        let is_navigation = crate::gate::accepts_html(request.headers());
        return if is_navigation {
            let next = paths::sign_in_then(paths::RECORDINGS);
            axum::response::Redirect::to(&next).into_response()
        } else {
            refuse(StatusCode::UNAUTHORIZED, "Sign in first.")
        };
    };
    request.extensions_mut().insert(actor);
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What becomes of an action that did not happen.
pub(crate) fn refused(error: Error) -> Response {
    match error {
        Error::NotFound(_) => refuse(StatusCode::NOT_FOUND, "There is nothing at this address."),
        Error::Unauthenticated => refuse(StatusCode::UNAUTHORIZED, "Sign in first."),
        Error::Forbidden => refuse(StatusCode::FORBIDDEN, "Your role does not allow this."),
        Error::Invalid(problems) => {
            let what: Vec<String> = problems
                .into_iter()
                .map(|problem| problem.message)
                .collect();
            (
                StatusCode::BAD_REQUEST,
                format!("400 Bad Request: {}\n", what.join(" ")),
            )
                .into_response()
        }
        Error::Unavailable(_) | Error::Throttled { .. } => refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "The database cannot be reached just now. Try again in a moment.",
        ),
        other => {
            tracing::error!(error = ?other, "a request beside the report failed");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.")
        }
    }
}
