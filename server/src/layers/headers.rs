//! Security headers on every response, errors included (R074 to R078). A route that sets one itself keeps it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

use crate::state::HttpSettings;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// What scripts of this response's page must carry. In the extensions of every request.
#[derive(Debug, Clone)]
pub struct ScriptNonce(pub Arc<str>);

impl ScriptNonce {
    fn new() -> Self {
        let bytes: [u8; 16] = rand::random();
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }
}

/// Sets the headers that are not there.
pub async fn layer(
    State(settings): State<Arc<HttpSettings>>,
    mut request: Request,
    next: Next,
) -> Response {
    let nonce = ScriptNonce::new();
    request.extensions_mut().insert(nonce.clone());
    let mut response = next.run(request).await;
    // Session files bring their own.
    let policy = response.headers_mut().entry(CONTENT_SECURITY_POLICY);
    policy.or_insert_with(|| content_security_policy(&nonce));
    let mut set = |name: HeaderName, value: HeaderValue| {
        response.headers_mut().entry(name).or_insert(value);
    };
    set(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: a form that is posted without JavaScript finds the way back to its page by it.
    set(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    set(
        CROSS_ORIGIN_OPENER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    set(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Pages show what belongs to one person; only the site's own files are kept, and say so themselves.
    set(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if settings.public_url.is_https() {
        set(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

fn content_security_policy(nonce: &ScriptNonce) -> HeaderValue {
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{}' 'strict-dynamic' 'wasm-unsafe-eval'; img-src 'self' data:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        nonce.0
    );
    HeaderValue::from_str(&policy).expect("base64 is ASCII")
}
