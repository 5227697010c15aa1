//! People at browsers: whether the password in a request was asked for since browser access was ended.
//!
//! A browser sends the password that somebody typed once with every request, until it is closed. Each challenge leaves
//! a mark of its time in a cookie; after an end, a password counts only together with a later mark. The realm stays as
//! it is: a browser forgets a password when the same realm asks again, and only then (docs/decisions/0013).

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::Backend;
use domain::credentials::browsers;
use domain::files::FILES_PREFIX;
use http::header::{SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::caller::{CallerKind, classify};

/// Name of the cookie with the mark.
const COOKIE: &str = "reelgate-asked";

/// Whether a person is at the other end, who can be asked. Some programs look like browsers otherwise, such as Node's
/// `fetch` and Java's `HttpURLConnection`; they have no dialog and keep no cookies, so they are left alone.
fn has_dialog(headers: &HeaderMap) -> bool {
    classify(headers) == CallerKind::Browser
        && headers
            .get(USER_AGENT)
            .is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

/// Whether a right password must be asked for again, because browser access was ended after it was asked for.
pub fn must_ask(backend: &Backend, headers: &HeaderMap, ended_at: Option<DateTime<Utc>>) -> bool {
    let Some(ended_at) = ended_at else {
        return false;
    };
    if !has_dialog(headers) {
        return false;
    }
    let mark = app::ssr::cookie(headers, COOKIE)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .and_then(|mark| browsers::asked_at(backend, &mark));
    mark.is_none_or(|asked_at| asked_at <= ended_at)
}

/// Marks a browser that is being asked. Every one is, whatever it asked for, so the cookie tells nothing.
pub fn leave_mark(
    backend: &Backend,
    headers: &HeaderMap,
    is_https: bool,
    mut response: Response,
) -> Response {
    if response.status() != StatusCode::UNAUTHORIZED || !has_dialog(headers) {
        return response;
    }
    // Recordings may be embedded in pages of other sites, and only a secure cookie may be sent from there.
    let site = if is_https {
        "SameSite=None; Secure"
    } else {
        "SameSite=Lax"
    };
    let mark = URL_SAFE_NO_PAD.encode(browsers::mark(backend));
    let cookie = format!("{COOKIE}={mark}; Path={FILES_PREFIX}; HttpOnly; {site}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
