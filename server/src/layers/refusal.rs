//! The answer of a layer that lets a request go no further: a sentence in plain text.

use axum::response::{IntoResponse, Response};
use http::header::CONNECTION;
use http::{HeaderValue, StatusCode};

/// A status and a sentence for the person who reads it. Never holds what was sent.
pub fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, format!("{status}: {why}\n")).into_response()
}

/// The same, and the connection is of no further use.
pub fn refuse_and_close(status: StatusCode, why: &'static str) -> Response {
    let mut response = refuse(status, why);
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
