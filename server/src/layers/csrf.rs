//! Writes are taken from our own pages only: a browser says where a request comes from, and we look (R070, R072).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{COOKIE, ORIGIN};
use http::{HeaderName, Method, StatusCode};

use super::host::OwnOrigin;
use super::refusal::refuse;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a write that another site made the browser send.
pub async fn layer(request: Request, next: Next) -> Response {
    if is_safe(request.method()) || is_own(&request) {
        return next.run(request).await;
    }
    tracing::warn!(
        path = request.uri().path(),
        "a write from another site was refused"
    );
    refuse(
        StatusCode::FORBIDDEN,
        "This request did not come from a page of this portal.",
    )
}

const fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// SECURITY: `Sec-Fetch-Site` cannot be set by a page, so it decides where it is present; browsers leave it out over
/// plain http, and then `Origin` does. A program sends neither: it is let through only without a cookie, since then
/// there is nothing that a forged request could use.
fn is_own(request: &Request) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get(FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    match headers.get(ORIGIN) {
        Some(origin) => {
            let own = request.extensions().get::<OwnOrigin>();
            own.is_some_and(|own| origin.as_bytes().eq_ignore_ascii_case(own.0.as_bytes()))
        }
        None => !headers.contains_key(COOKIE),
    }
}
