//! Moves the problems of a form that was posted without JavaScript out of the address and into a cookie that is read
//! once, so that nothing of them stays in the history, in a bookmark or in a proxy's log.

use std::sync::Arc;

use super::refusal::refuse;
use crate::state::HttpSettings;
use app::flash::Flash;
use app::ssr::{FLASH_COOKIE, cookie, fields, take_refusal};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, LOCATION, REFERER, SET_COOKIE};
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
    let (request, typed) = match set_aside(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let mut response = next.run(request).await;
    if !response.status().is_redirection() {
        return response;
    }
    let Some(target) = response.headers().get(LOCATION).and_then(own_target) else {
        return response;
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (flash, query) = match take_refusal(query) {
        Some((flash, rest)) => (Some(flash.with_typed(typed)), rest),
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

/// Back to the page of ours where the request came from, which tells why nothing was done; else to this path.
pub fn send_back(
    headers: &HeaderMap,
    otherwise: &'static str,
    flash: &Flash,
    settings: &HttpSettings,
) -> Response {
    let target = headers.get(REFERER).and_then(own_target);
    let target = target.filter(|target| target.split('?').next() == Some(otherwise));
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = target.and_then(|target| HeaderValue::from_str(&target).ok());
    let location = location.unwrap_or_else(|| HeaderValue::from_static(otherwise));
    response.headers_mut().insert(LOCATION, location);
    if let Some(value) = flash.encode() {
        append_cookie(&mut response, &value, MAX_AGE, settings);
    }
    response
}

/// What a browser posts by itself: the request as it was, and the form's fields. Of anything else there are none.
async fn set_aside(request: Request) -> Result<(Request, Vec<(String, String)>), Response> {
    if !accepts_html(request.headers()) {
        return Ok((request, Vec::new()));
    }
    let (parts, body) = request.into_parts();
    // The layer outside has limited it.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Err(refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The form is too long.",
        ));
    };
    let typed = fields(&String::from_utf8_lossy(&bytes));
    Ok((Request::from_parts(parts, Body::from(bytes)), typed))
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
