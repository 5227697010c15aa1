//! Pages travel compressed, but only where no other site can learn anything from their length.
//!
//! SECURITY: a page may show a secret (the preset password, recovery codes) and repeat what its address says (a search).
//! Compressed, its length tells whether the two resemble each other, so that a foreign page which opens ours again and
//! again with one guess after the other, and a listener on the line, would find the secret out (BREACH). So a page is
//! compressed only if the browser says that it was asked for by one of our own pages or by the person at the keyboard.
//! `Sec-Fetch-Site` cannot be set by a page, and redirects do not launder it. Without the header nothing is compressed.
//!
//! Session files never get here: their bytes are compressed already, and their strong ETag is of these very bytes.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderName;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::Predicate;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Compresses pages for those who say that they can read them.
pub fn layer() -> CompressionLayer<Pages> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(Pages)
}

/// HTML. What else the portal's routes answer (exports, images) is streamed or compressed already.
#[derive(Debug, Clone, Copy)]
pub struct Pages;

impl Predicate for Pages {
    fn should_compress<B: http_body::Body>(&self, response: &http::Response<B>) -> bool {
        let kind = response.headers().get(CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    }
}

/// To be met before [`layer`]: a request of another site is taken for one that can read no coding.
pub async fn only_for_our_own(mut request: Request, next: Next) -> Response {
    let site = request.headers().get(FETCH_SITE);
    if !site.is_some_and(|site| matches!(site.as_bytes(), b"same-origin" | b"none")) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.run(request).await
}
