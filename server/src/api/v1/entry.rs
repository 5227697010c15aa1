//! The door of our API: a request that gets past it comes from a project's application, and takes JSON.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::ACCEPT;
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use super::document;
use crate::api::caller::{authenticate, came_in_the_clear};
use crate::api::problem::{Problem, not_encrypted};
use crate::state::AppState;

/// Lets applications in, whatever the address: nobody else learns what there is. Their bodies are not read before.
pub(super) async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Err(problem) = admit(&state, &mut parts).await {
        return problem.into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn admit(state: &AppState, parts: &mut Parts) -> Result<(), Problem> {
    if came_in_the_clear(&state.http, parts) {
        return Err(not_encrypted());
    }
    let actor = authenticate(&state.backend, parts).await?;
    parts.extensions.insert(actor);
    let offered = if parts.uri.path() == document::PAGE {
        ("text", "html")
    } else {
        ("application", "json")
    };
    if takes(&parts.headers, offered) {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "not-acceptable",
            "Not acceptable",
        )
        .detail(format!(
            "Only {}/{} is to be had here; the header Accept excludes it.",
            offered.0, offered.1
        )))
    }
}

/// Whether `Accept` allows a media type (RFC 9110 section 12.5.1): the most specific range that fits decides.
fn takes(headers: &HeaderMap, (kind, sub): (&str, &str)) -> bool {
    let lines: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let ranges = lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let mut best: Option<(u8, bool)> = None;
    let mut is_any = false;
    for range in ranges.filter(|range| !range.is_empty()) {
        is_any = true;
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = match media.split_once('/') {
            Some(("*", "*")) => 0,
            Some((found, "*")) if found == kind => 1,
            Some((found, rest)) if found == kind && rest == sub => 2,
            _ => continue,
        };
        let is_wanted = !parts.any(|parameter| {
            let quality = parameter
                .split_once('=')
                .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
            quality.is_some_and(|(_, value)| value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0))
        });
        if best.is_none_or(|(other, _)| weight >= other) {
            best = Some((weight, is_wanted));
        }
    }
    !is_any || best.is_some_and(|(_, is_wanted)| is_wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_is_read_as_it_is_defined() {
        let takes_json = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            takes(&headers, ("application", "json"))
        };
        assert!(takes(&HeaderMap::new(), ("application", "json")));
        for taken in [
            "*/*",
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/html, application/*;q=0.1",
            "",
            "*/*;q=0, application/json",
        ] {
            assert!(takes_json(taken), "{taken}");
        }
        for excluded in [
            "text/html",
            "application/xml",
            "application/json;q=0",
            "*/*, application/json; q=0.0",
            "nonsense",
        ] {
            assert!(!takes_json(excluded), "{excluded}");
        }
    }
}
