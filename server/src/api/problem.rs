//! Errors as problem details (RFC 9457), for our own API.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::{Error, Problem as FieldProblem};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::caller::{CHALLENGE, Refusal};

/// Media type of [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for a program (`kind`) and for whoever reads its log (`title`, `detail`).
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// `/problems/` and a word that never changes.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do. Never holds what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Members of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl Problem {
    /// `word` names the kind of problem for good.
    pub fn new(status: StatusCode, word: &'static str, title: &'static str) -> Self {
        Self {
            // A name, not an address: relative, so that it needs nobody's host (RFC 9457 section 3.1.1).
            kind: format!("/problems/{word}"),
            title,
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// When it may go better.
    #[must_use]
    pub const fn retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        use StatusCode as S;
        match error {
            Error::NotFound(what) => Self::new(S::NOT_FOUND, "not-found", "Not found")
                .detail(format!("There is no such {what} in this project.")),
            Error::Unauthenticated => Refusal::Missing.into(),
            Error::Forbidden => Self::new(S::FORBIDDEN, "not-allowed", "Not allowed")
                .detail("This API secret does not have the right to do this."),
            Error::Invalid(errors) => Self {
                errors,
                ..Self::new(S::UNPROCESSABLE_ENTITY, "invalid", "Invalid request")
            },
            Error::Conflict(why) => Self::new(S::CONFLICT, "conflict", "Conflict").detail(why),
            Error::Gone(why) => Self::new(S::GONE, "gone", "Gone").detail(why),
            Error::TooLarge { limit } => Self::new(S::PAYLOAD_TOO_LARGE, "too-large", "Too large")
                .detail(format!("The project takes files of {limit} bytes at most.")),
            Error::Full { free } => Self::new(S::INSUFFICIENT_STORAGE, "full", "No room")
                .detail(format!("The project's quota has room for {free} bytes.")),
            Error::Throttled { retry_after } => {
                Self::new(S::TOO_MANY_REQUESTS, "throttled", "Too many attempts")
                    .retry_after(retry_after)
            }
            Error::Unavailable(what) => {
                Self::new(S::SERVICE_UNAVAILABLE, "unavailable", "Not available now")
                    .detail(format!("The {what} does not answer. Try again soon."))
                    .retry_after(Duration::from_secs(5))
            }
            Error::Internal(source) => {
                tracing::error!(error = ?source, "an API request failed");
                Self::new(S::INTERNAL_SERVER_ERROR, "internal", "Something went wrong")
                    .detail("It is in the server's log under the X-Request-Id of this answer.")
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use StatusCode as S;
        match refusal {
            Refusal::Missing => Self::new(S::UNAUTHORIZED, "unauthenticated", "Who is asking?")
                .detail("Send a project's API identifier and an API secret over HTTP Basic."),
            Refusal::Wrong => Self::new(S::UNAUTHORIZED, "unauthenticated", "Who is asking?")
                .detail("This API identifier and secret are not right together, or the secret is revoked."),
            Refusal::InQuery => Self::new(S::BAD_REQUEST, "secret-in-address", "A secret in the address")
                .detail(
                    "The address of this request holds an API secret, and addresses are kept in logs. Send it over \
                     HTTP Basic; revoke this one and make another.",
                ),
            Refusal::Throttled { retry_after } => {
                Self::new(S::TOO_MANY_REQUESTS, "throttled", "Too many attempts")
                    .detail("Too many wrong API secrets came from this address.")
                    .retry_after(retry_after)
            }
            Refusal::Address => Self::new(S::FORBIDDEN, "address-not-allowed", "Address not allowed")
                .detail("This address is not on the account's allow-list (Account, API)."),
            Refusal::Quota { retry_after } => {
                Self::new(S::TOO_MANY_REQUESTS, "quota-exceeded", "Quota exceeded")
                    .detail("The account's requests of this hour are used up (Account, API).")
                    .retry_after(retry_after)
            }
            Refusal::Failed(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
        if let Some(wait) = self.retry_after {
            // Rounded up: whoever comes back then must not be too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}
