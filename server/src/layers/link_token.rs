//! Moves the secret of a one-time link out of the address, before anything else can see the address (R030).

use std::sync::Arc;

use app::routes::paths;
use app::ssr::TOKEN_COOKIE;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, REFERRER_POLICY, SET_COOKIE};
use http::{HeaderValue, Method, StatusCode};

use crate::state::HttpSettings;

/// Seconds in which the form has to be filled in; the link can be opened again after that.
const MAX_AGE: u32 = 3600;
/// The secret has 32 characters.
const MAX_LENGTH: usize = 100;

/// For pages: `?token=…` of the pages that links lead to becomes a cookie, and the browser is sent to the page without
/// it. Only looking at a link uses nothing up, so a mail program that looks first does no harm.
pub async fn take(
    State(settings): State<Arc<HttpSettings>>,
    request: Request,
    next: Next,
) -> Response {
    let path @ (paths::INVITATION | paths::RESET_PASSWORD) = request.uri().path() else {
        return next.run(request).await;
    };
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let token = request.uri().query().filter(|_| is_page).and_then(token_of);
    let Some(token) = token else {
        return next.run(request).await;
    };
    let secure = if settings.public_url.is_https() {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{TOKEN_COOKIE}={token}; Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax{secure}"
    );
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let (Ok(cookie), Ok(location)) =
        (HeaderValue::from_str(&cookie), HeaderValue::from_str(path))
    {
        headers.insert(SET_COOKIE, cookie);
        headers.insert(LOCATION, location);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The token of a query; empty for one that cannot be ours, which then is found to be none.
fn token_of(query: &str) -> Option<&str> {
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))?;
    let is_sound =
        token.len() <= MAX_LENGTH && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Some(if is_sound { token } else { "" })
}

#[cfg(test)]
mod tests {
    use super::token_of;

    #[test]
    fn only_what_a_cookie_may_hold_is_taken() {
        assert_eq!(token_of("token=Ab3"), Some("Ab3"));
        assert_eq!(token_of("a=b&token=Ab3&token=x"), Some("Ab3"));
        assert_eq!(token_of("token=a;%20Path=/"), Some(""));
        assert_eq!(token_of("a=token"), None);
        assert_eq!(token_of(""), None);
    }
}
