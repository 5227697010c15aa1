//! Moves the problems of a form that was posted without JavaScript out of the address and into a cookie that is read
//! once, so that nothing of them stays in the history, in a bookmark or in a proxy's log.

use std::sync::Arc;

use crate::state::HttpSettings;
use app::flash::Flash;
use app::ssr::{FLASH_COOKIE, cookie, take_refusal};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{ACCEPT, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

/// Seconds in which the browser follows the redirect.
const MAX_AGE: u32 = 60;

/// For pages: takes the flash out of the request's cookie and puts it into its extensions; the cookie is deleted.
pub async fn take(
    State(settings): State<Arc<HttpSettings>>,
    mut request: Request,
    next: Next,
) -> Response {
    let is_page = request.method() == Method::GET && accepts_html(request.headers());
    let Some(value) = cookie(request.headers(), FLASH_COOKIE).filter(|_| is_page) else {
        return next.run(request).await;
    };
    if let Some(flash) = Flash::decode(value) {
        request.extensions_mut().insert(flash);
    }
    let mut response = next.run(request).await;
    append_cookie(&mut response, "", 0, &settings);
    response
}

/// For server functions: a redirect stays within the portal, and carries its problems in the cookie.
pub async fn put(
    State(settings): State<Arc<HttpSettings>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if !response.status().is_redirection() {
        return response;
    }
    let Some(target) = response.headers().get(LOCATION).and_then(own_target) else {
        return response;
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (flash, query) = match take_refusal(query) {
        Some((flash, rest)) => (Some(flash), rest),
        None => (None, query.to_owned()),
    };
    let location = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    // The browser fetches the page with GET, whatever it sent (RFC 9110 15.4.4).
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Some(value) = flash.and_then(|flash| flash.encode()) {
        append_cookie(&mut response, &value, MAX_AGE, &settings);
    }
    response
}

/// SECURITY: Leptos goes back to what the Referer said; only its path and query are ours to go to (R081).
fn own_target(location: &HeaderValue) -> Option<String> {
    let text = location.to_str().ok()?;
    let target = match text.strip_prefix('/') {
        Some(rest) if !rest.starts_with(['/', '\\']) => text.to_owned(),
        Some(_) => "/".to_owned(),
        None => text
            .parse::<Uri>()
            .ok()?
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string),
    };
    Some(if target.starts_with("//") {
        "/".to_owned()
    } else {
        target
    })
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// The value is one of `Flash::encode`, or empty: it needs no quoting.
fn append_cookie(response: &mut Response, value: &str, seconds: u32, settings: &HttpSettings) {
    let secure = if settings.public_url.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{FLASH_COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R081.
    #[test]
    fn a_redirect_stays_within_the_portal() {
        let target = |location: &'static str| own_target(&HeaderValue::from_static(location));
        for (location, own) in [
            ("/account?a=b", "/account?a=b"),
            (
                "http://localhost:3000/sign-in?next=%2F",
                "/sign-in?next=%2F",
            ),
            ("https://evil.example.com/x", "/x"),
            ("https://evil.example.com//x", "/"),
            ("//evil.example.com/x", "/"),
            ("/\\evil.example.com", "/"),
            ("https://evil.example.com", "/"),
        ] {
            assert_eq!(target(location).as_deref(), Some(own), "{location}");
        }
    }
}
