//! The management API of Voximplant on what a vault has: applications, call history, records and keys
//! (docs/platform-api.md). `/platform_api` with the method in the parameter `cmd`, and `/platform_api/<Method>`.
//!
//! In this order: who asks, from where, how often, what, how it is put, and whether it may be had.

mod applications;
mod caller; // who asks
mod errors; // the table of codes
mod history;
mod keys;
mod methods; // the table of methods
mod parameters; // query and body
mod records;
mod values; // booleans, numbers, lists, moments

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use domain::{Actor, Backend, Error};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;

use self::errors::{Code, Refused};
use self::methods::Operation;
use self::parameters::Parameters;
use super::uploads::linger;
use crate::state::AppState;

/// Where all of it lies.
pub const PLATFORM_API: &str = "/platform_api";

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route(PLATFORM_API, any(answer))
        .route("/platform_api/", any(answer))
        .route("/platform_api/{method}", any(answer))
        // Clients write a slash before the question mark.
        .route("/platform_api/{method}/", any(answer))
        .layer(from_fn(linger::layer))
}

/// Whether a request is one of this API, whose forms may come in pieces of unknown length.
pub fn takes_forms(method: &Method, path: &str) -> bool {
    *method == Method::POST
        && path
            .strip_prefix(PLATFORM_API)
            .and_then(|rest| rest.strip_prefix('/').or(rest.is_empty().then_some("")))
            .is_some_and(|method| !method.strip_suffix('/').unwrap_or(method).contains('/'))
}

/// A request whose caller is known.
struct Asked<'a> {
    backend: &'a Backend,
    actor: Actor,
    parameters: &'a Parameters,
}

/// Says since when a way of asking is not to be used any more (RFC 9745).
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// The first moment of 2026 (UTC): no version took API keys without calling them deprecated.
const SINCE: &str = "@1767225600";

async fn answer(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::POST) {
        let error = Refused::new(Code::InvalidArguments, "Use GET or POST.");
        let mut response = error.into_response();
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
        return with_headers(response);
    }
    let mut is_deprecated = false;
    let answered = call(&state, request, &mut is_deprecated).await;
    let mut response = with_headers(answered.unwrap_or_else(Refused::into_response));
    if is_deprecated {
        let since = HeaderValue::from_static(SINCE);
        response.headers_mut().insert(DEPRECATION, since);
    }
    response
}

/// `is_deprecated` becomes true as soon as it is known that the request brings an API key: its refusals say so, too.
async fn call(
    state: &AppState,
    request: Request,
    is_deprecated: &mut bool,
) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    *is_deprecated = parameters::has_key(parts.uri.query().unwrap_or_default());
    // Before a byte of the body is read, where there is a header.
    let token = caller::by_token(state, &parts).await?;
    let parameters = Parameters::read(&parts, body).await?;
    *is_deprecated |= parameters.text(caller::API_KEY).is_some();
    let actor = caller::admit(state, &parts, token, &parameters).await?;
    let path = parts.uri.path().strip_prefix(PLATFORM_API);
    let operation = Operation::named(path.unwrap_or_default(), &parameters)?;
    parameters.are_known(operation)?;
    let asked = Asked {
        backend: &state.backend,
        actor,
        parameters: &parameters,
    };
    match operation {
        Operation::AddApplication => applications::add(&asked).await,
        Operation::SetApplicationInfo => applications::set(&asked).await,
        Operation::GetApplications => applications::list(&asked).await,
        Operation::DelApplication => applications::delete(&asked).await,
        Operation::GetCallHistory => history::get(&asked).await,
        Operation::DeleteRecord => records::delete(&asked).await,
        Operation::CreateKey => keys::create(&asked).await,
        Operation::GetKeys => keys::list(&asked).await,
        Operation::DeleteKey => keys::delete(&asked).await,
    }
}

/// An answer of success.
fn success(answer: &impl Serialize) -> Result<Response, Refused> {
    let body = serde_json::to_vec(answer).map_err(Error::internal)?;
    Ok((StatusCode::OK, body).into_response())
}

/// The answer of methods that have nothing to say.
fn done() -> Result<Response, Refused> {
    success(&serde_json::json!({ "result": 1 }))
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_posts_to_this_api_may_come_in_pieces() {
        for path in [
            "/platform_api",
            "/platform_api/",
            "/platform_api/GetKeys",
            "/platform_api/GetKeys/",
        ] {
            assert!(takes_forms(&Method::POST, path), "{path}");
            assert!(!takes_forms(&Method::GET, path), "{path}");
        }
        // Others have no route, so nothing would end their connections.
        for path in [
            "/platform_apis",
            "/api/v1/usage",
            "/rpc/platform_api",
            "/platform_api/a/b",
            "/platform_api/a//",
            "/platform_api//a",
        ] {
            assert!(!takes_forms(&Method::POST, path), "{path}");
        }
    }
}
