//! Entity tags of what the API shows, and the conditions that name them (RFC 9110 section 13; R152).

use axum::response::{IntoResponse, Response};
use domain::Error;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::api::problem::Problem;

/// The answer to GET that shows this, or 304 to whoever has it.
pub(super) fn tagged<T: Serialize>(headers: &HeaderMap, shown: &T) -> Result<Response, Problem> {
    let body = serde_json::to_vec(shown).map_err(Error::internal)?;
    let is_known = named(headers, &IF_NONE_MATCH, &tag_of(&body)).unwrap_or(false);
    answer(body, is_known)
}

/// The answer to a change, which shows what came of it. Conditions were about what it was before: see [`demand`].
pub(super) fn changed_to<T: Serialize>(shown: &T) -> Result<Response, Problem> {
    answer(serde_json::to_vec(shown).map_err(Error::internal)?, false)
}

fn answer(body: Vec<u8>, is_known: bool) -> Result<Response, Problem> {
    let tag = tag_of(&body);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = body.into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    let tag = HeaderValue::from_str(&tag).map_err(Error::internal)?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// Whether a change is bound to a state; a problem if that is not the state of what is shown here, or is one that
/// `If-None-Match` excludes (RFC 9110 section 13.1.2: 304 is for reading only).
pub(super) fn demand<T: Serialize>(headers: &HeaderMap, shown: &T) -> Result<bool, Problem> {
    let body = serde_json::to_vec(shown).map_err(Error::internal)?;
    let tag = tag_of(&body);
    let is_bound = match named(headers, &IF_MATCH, &tag) {
        Some(false) => return Err(stale()),
        found => found.is_some(),
    };
    match named(headers, &IF_NONE_MATCH, &tag) {
        Some(true) => Err(excluded()),
        _ => Ok(is_bound),
    }
}

/// Whether a change depends on what there is at all: what is to be deleted is read first for that only.
pub(super) fn is_conditional(headers: &HeaderMap) -> bool {
    headers.contains_key(IF_MATCH) || headers.contains_key(IF_NONE_MATCH)
}

fn excluded() -> Problem {
    stale().detail("It is what If-None-Match excludes. A change is bound to a state by If-Match.")
}

/// It has changed since it was read.
pub(super) fn stale() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "stale",
        "Changed meanwhile",
    )
    .detail("It is not any more what If-Match says. Read it again, and then decide.")
}

fn tag_of(body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut tag = String::from("\"");
    for byte in &Sha256::digest(body)[..16] {
        // Writing to a String cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// Whether a condition names the tag; None: there is no condition.
fn named(headers: &HeaderMap, condition: &HeaderName, tag: &str) -> Option<bool> {
    let mut values = headers.get_all(condition).iter().peekable();
    values.peek()?;
    let is_named = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one == tag);
    Some(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_holds_for_the_tag_or_for_anything() {
        let asked = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MATCH, HeaderValue::from_static(value));
            named(&headers, &IF_MATCH, "\"a\"")
        };
        assert_eq!(named(&HeaderMap::new(), &IF_MATCH, "\"a\""), None);
        assert_eq!(asked("\"a\""), Some(true));
        assert_eq!(asked("\"b\", \"a\""), Some(true));
        assert_eq!(asked("*"), Some(true));
        assert_eq!(asked("W/\"a\""), Some(false), "a weak one is never enough");
        assert_eq!(asked("a"), Some(false));
    }
}
