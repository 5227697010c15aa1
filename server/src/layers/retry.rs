//! Every 503 says when to come back: the database is away for moments, not for good (R182).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

/// Seconds.
const SOON: HeaderValue = HeaderValue::from_static("2");

/// Adds `Retry-After` where whoever answered did not.
pub async fn layer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(RETRY_AFTER).or_insert(SOON);
    }
    response
}
