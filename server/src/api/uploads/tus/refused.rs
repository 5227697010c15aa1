//! How an upload is refused.

use axum::response::{IntoResponse, Response};
use domain::Error;
use domain::uploads::AppendError;
use http::header::ALLOW;
use http::{HeaderName, HeaderValue, StatusCode};

use super::headers::{METHODS_OF_ONE, TUS_MAX_SIZE};
use crate::api::problem::Problem;

/// An answer that is no 2xx.
pub(in crate::api::uploads) struct Refused(Box<Response>);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem.into_response()))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Refused {
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }
}

pub(super) fn other_method() -> Refused {
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "Method not allowed",
    )
    .detail("Use HEAD, PATCH or DELETE, or say one of them in X-HTTP-Method-Override.");
    Refused::from(problem).with(ALLOW, METHODS_OF_ONE)
}

pub(super) fn bad_request(detail: &'static str) -> Refused {
    Problem::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request")
        .detail(detail)
        .into()
}

/// An error before any byte was asked for.
pub(super) fn refused(error: Error) -> Refused {
    let limit = match &error {
        Error::TooLarge { limit } => Some(*limit),
        _ => None,
    };
    let refused = Refused::from(Problem::from(error));
    match limit {
        Some(limit) => refused.with(TUS_MAX_SIZE, HeaderValue::from(limit)),
        None => refused,
    }
}

pub(super) fn not_taken(error: AppendError) -> Refused {
    use StatusCode as S;
    match error {
        AppendError::Offset { at } => Problem::new(S::CONFLICT, "offset", "Another offset")
            .detail(format!("The upload goes on at byte {at}."))
            .into(),
        AppendError::Locked => Problem::new(S::LOCKED, "locked", "Locked")
            .detail("Another request is sending to this upload.")
            .into(),
        AppendError::Checksum => {
            // The number is the protocol's own.
            let status = S::from_u16(460).unwrap_or(S::BAD_REQUEST);
            Problem::new(status, "checksum", "Wrong checksum")
                .detail("The bytes are not those of Upload-Checksum, and were dropped.")
                .into()
        }
        AppendError::TooMuch => Problem::new(S::PAYLOAD_TOO_LARGE, "too-large", "Too large")
            .detail("There are more bytes than the upload's length, or than the project takes.")
            .into(),
        AppendError::BrokenOff => Problem::new(S::REQUEST_TIMEOUT, "broken-off", "Broken off")
            .detail("The bytes did not come to their end. What came is kept: ask for the offset.")
            .into(),
        // 409 is the wrong offset, after which senders go on: this is the end.
        AppendError::Other(Error::Conflict(why)) => {
            Problem::new(S::UNPROCESSABLE_ENTITY, "conflict", "Conflict")
                .detail(why)
                .into()
        }
        AppendError::Other(error) => refused(error),
    }
}
