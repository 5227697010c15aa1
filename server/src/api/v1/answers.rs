//! Whatever refuses a request to our API, the answer is a problem (RFC 9457) that says which request it is about (R144).

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::PREFIX;
use crate::api::problem::Problem;
use crate::layers::trace::REQUEST_ID;

/// What layers and libraries write into a refusal is a sentence.
const LONGEST_SENTENCE: usize = 4 * 1024;

/// Makes problems of refusals that are none yet. Lies outside of the layers that every request meets.
pub async fn layer(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_ours = path
        .strip_prefix(PREFIX)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !is_ours {
        return next.run(request).await;
    }
    let id = request.headers().get(REQUEST_ID).cloned();
    let response = next.run(request).await;
    if response.status().as_u16() < 400 {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        None => of(parts.status, body).await,
    };
    let problem = match id.as_ref().and_then(|id| id.to_str().ok()) {
        Some(id) => problem.instance(id),
        None => problem,
    };
    let mut answer = problem.into_response();
    for (name, value) in &parts.headers {
        if !matches!(*name, CONTENT_TYPE | CONTENT_LENGTH) {
            // Such as `Allow`, `Connection` and `Retry-After`.
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// There is nothing at this address.
pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found")
        .detail("There is nothing at this address.")
}

async fn of(status: StatusCode, body: Body) -> Problem {
    let (word, title) = match status {
        StatusCode::BAD_REQUEST => ("malformed", "Malformed request"),
        StatusCode::FORBIDDEN => ("not-allowed", "Not allowed"),
        StatusCode::NOT_FOUND => ("not-found", "Not found"),
        StatusCode::METHOD_NOT_ALLOWED => ("method-not-allowed", "Method not allowed"),
        StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "Too large"),
        StatusCode::URI_TOO_LONG => ("address-too-long", "The address is too long"),
        StatusCode::MISDIRECTED_REQUEST => ("other-host", "Another host"),
        StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "Not available now"),
        status if status.is_client_error() => ("malformed", "Malformed request"),
        _ => ("internal", "Something went wrong"),
    };
    let problem = Problem::new(status, word, title);
    let text = to_bytes(body, LONGEST_SENTENCE).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // `400 Bad Request: The path is not valid.`
    match text.trim().split_once(": ") {
        Some((_, sentence)) if !status.is_server_error() => problem.detail(sentence),
        _ if status == StatusCode::METHOD_NOT_ALLOWED => {
            problem.detail("The header Allow says what is possible here.")
        }
        _ => problem,
    }
}
