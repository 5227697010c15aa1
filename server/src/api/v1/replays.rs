//! `Idempotency-Key`: a POST that is sent twice happens once (R150).

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::api_secrets::replays::{Begun, begin, finish, forget};
use domain::{Actor, Backend, Error, Secret};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::request::{MAX_BODY, too_large};
use crate::api::problem::Problem;
use crate::state::AppState;

/// The header's name (draft-ietf-httpapi-idempotency-key-header).
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says of an answer that it is the first one again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Bytes of an answer that is kept.
const MAX_ANSWER: usize = 1024 * 1024;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Answers a repeated POST with the first answer.
pub(super) async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let has_key = request.method() == Method::POST && request.headers().contains_key(KEY);
    let actor = request.extensions().get::<Actor>().copied();
    match actor.filter(|_| has_key) {
        Some(actor) => once(state.backend, actor, request, next)
            .await
            .unwrap_or_else(Problem::into_response),
        None => next.run(request).await,
    }
}

async fn once(
    backend: Backend,
    actor: Actor,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let key = key_of(&parts)?;
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    match begin(&backend, &actor, &key, &hash_of(&parts, &body)).await? {
        Begun::First => {}
        Begun::Answered(kept) => return again(&kept),
        Begun::UnderWay => {
            return Err(
                Problem::new(StatusCode::CONFLICT, "under-way", "Under way").detail(
                    "A request with this Idempotency-Key is under way, or was cut off and may have happened. Ask again \
                     soon; if this stays, look at what there is and use another key.",
                ),
            );
        }
        Begun::OtherRequest => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-used",
                "The key was used",
            )
            .detail("This Idempotency-Key belongs to another request. Use a key once."));
        }
    }
    let request = Request::from_parts(parts, Body::from(body));
    // On its own: a caller who hangs up must not leave the key taken and the answer unknown.
    let work = tokio::spawn(async move {
        let response = next.run(request).await;
        keep(&backend, &actor, &key, response).await
    });
    work.await.map_err(Error::internal)?
}

fn key_of(parts: &Parts) -> Result<String, Problem> {
    let mut values = parts.headers.get_all(KEY).iter();
    let key = match (values.next(), values.next()) {
        (Some(key), None) => key.to_str().ok(),
        _ => None,
    };
    // Without blanks: those at its ends are lost on the way, and two keys would be one.
    let is_visible = |key: &&str| key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key
        .filter(|key| (1..=255).contains(&key.len()))
        .filter(is_visible);
    key.map(ToOwned::to_owned).ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed request")
            .detail("Idempotency-Key is one text of 1 to 255 visible ASCII characters.")
    })
}

/// What makes it the same request.
fn hash_of(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let target = parts
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let mut hash = Sha256::new();
    for part in [target.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Keeps a success; whatever else came, the key is free again.
async fn keep(
    backend: &Backend,
    actor: &Actor,
    key: &str,
    response: Response,
) -> Result<Response, Problem> {
    if !response.status().is_success() {
        forget(backend, actor, key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ANSWER).await.map_err(Error::internal)?;
    let headers = [CONTENT_TYPE, ETAG, LOCATION]
        .into_iter()
        .filter_map(|name| {
            let value = parts.headers.get(&name)?.to_str().ok()?;
            Some((name.to_string(), value.to_owned()))
        });
    let kept = Kept {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: String::from_utf8(body.to_vec()).map_err(Error::internal)?,
    };
    let text = serde_json::to_string(&kept).map_err(Error::internal)?;
    finish(backend, actor, key, &Secret::new(text)).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn again(kept: &Secret) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_str(kept.reveal()).map_err(Error::internal)?;
    let status = StatusCode::from_u16(kept.status).map_err(Error::internal)?;
    let mut response = (status, Bytes::from(kept.body)).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    for (name, value) in &kept.headers {
        let name: HeaderName = name.parse().map_err(Error::internal)?;
        headers.insert(name, value.parse().map_err(Error::internal)?);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
