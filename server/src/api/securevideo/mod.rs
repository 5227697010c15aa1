//! The conventions of SecureVideo's API on what a vault has: stored recordings, sessions, users and use
//! (docs/securevideo.md).
//!
//! In this order: who asks (401), from where (412), how often (429), what (404, 405, 501), how it is put (400), and
//! whether it may be had (403, 404).

mod asked; // numbers and days in an address
mod message; // errors
mod recordings;
pub mod routes; // the table
mod sessions;
mod usage;
mod users;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::{Actor, Backend, Error};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, PRAGMA};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;

use self::message::{Kind, Message};
use self::routes::{Address, Operation};
use super::caller::authenticate;

/// Answers in place of the routes below where the address is one of this API: its documentation writes the same path in
/// several cases, so all are taken, and a router knows but one.
pub async fn layer(State(backend): State<Backend>, request: Request, next: Next) -> Response {
    let Some(address) = Address::parse(request.uri().path()) else {
        return next.run(request).await;
    };
    let (parts, _body) = request.into_parts();
    let answered = answer(&backend, &parts, &address).await;
    let response = with_headers(answered.unwrap_or_else(Message::into_response));
    if parts.method == Method::HEAD {
        return response.map(|_| Body::empty());
    }
    response
}

async fn answer(backend: &Backend, parts: &Parts, address: &Address) -> Result<Response, Message> {
    let actor = authenticate(backend, parts).await?;
    let request = Asked {
        backend,
        actor,
        id: address.id.as_deref(),
        query: parts.uri.query().unwrap_or_default(),
    };
    match address.operation(&parts.method)? {
        Operation::Recordings => recordings::list(&request).await,
        Operation::View => recordings::view(&request).await,
        Operation::DeleteRecording => recordings::delete(&request).await,
        Operation::Sessions => sessions::list(&request).await,
        Operation::Users => users::list(&request).await,
        Operation::User => users::get(&request).await,
        Operation::DeleteUser => users::delete(&request).await,
        Operation::Usage => usage::get(&request).await,
        Operation::NotHere => Err(Message::of(Kind::NotHere)),
    }
}

/// A request whose caller is known.
struct Asked<'a> {
    backend: &'a Backend,
    actor: Actor,
    /// The segment behind the resource.
    id: Option<&'a str>,
    query: &'a str,
}

/// 200 with the object itself: there is no envelope.
fn object(object: &impl Serialize) -> Result<Response, Message> {
    let body = serde_json::to_vec(object).map_err(Error::internal)?;
    Ok((StatusCode::OK, body).into_response())
}

/// As the hosted service has them, on errors too; and `no-store`, since answers name people.
fn with_headers(mut response: Response) -> Response {
    let is_empty = response.status() == StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let headers_of_body = (!is_empty).then_some((CONTENT_TYPE, "application/json; charset=utf-8"));
    headers.remove(CONTENT_TYPE);
    for (name, value) in headers_of_body.into_iter().chain([
        (CACHE_CONTROL, "no-cache, no-store"),
        (PRAGMA, "no-cache"),
        (EXPIRES, "-1"),
    ]) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
