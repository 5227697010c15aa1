//! The archive API of EnableX, vCloudX and Smartflo Meet: a client written for these works after changing the host name
//! (docs/archive-api.md). `/video/v2/archive/...` with `v1` as another name of it; `GET` only.

mod archive; // the answer
mod asked; // what an address asks for
mod envelope; // errors

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use domain::{Backend, api_secrets};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method};

use self::archive::Archives;
use self::envelope::{Envelope, Kind};
use super::caller::authenticate;
use super::listing::{self, Listing};
use crate::state::AppState;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/video/v1/{*rest}", any(answer))
        .route("/video/v2/{*rest}", any(answer))
}

async fn answer(State(backend): State<Backend>, request: Request) -> Response {
    let (parts, _body) = request.into_parts();
    let response = match list(&backend, &parts).await {
        Ok(list) => list,
        Err(envelope) => envelope.into_response(&parts),
    };
    if parts.method == Method::HEAD {
        return response.map(|_| Body::empty());
    }
    response
}

/// Who asks comes first: without a secret nobody learns what there is.
async fn list(backend: &Backend, parts: &Parts) -> Result<Response, Envelope> {
    let actor = authenticate(backend, parts).await?;
    let filter = asked::filter(parts.uri.path(), parts.uri.query().unwrap_or_default())?;
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Envelope::of(Kind::Method));
    }
    let elements = Archives {
        app_id: api_secrets::actions::identifier(backend, &actor).await?,
    };
    let listing = Listing {
        backend: backend.clone(),
        actor,
        filter,
    };
    let mut response = Response::new(listing::body(listing, elements).await?);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
