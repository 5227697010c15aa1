//! One line in the log for each request, and the id by which it is found again.

use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};

use super::address::ClientAddress;

/// Also in the response, so that a person can quote it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, and logs how it went.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    // Always one of ours: a client's own could pretend to be another request, or be anything at all.
    let id = format!("{:016x}", rand::random::<u64>());
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits are ASCII");
    request.headers_mut().insert(REQUEST_ID, value.clone());
    let method = request.method().clone();
    // SECURITY: never the query or the user of an absolute target: they hold set-up codes, filters, passwords.
    let path = request.uri().path().to_owned();
    let client = ClientAddress::of(request.extensions()).0;
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, value);
    let status = response.status().as_u16();
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "reelgate::http", %method, %path, status, ms, %client, id, "request");
    response
}
