//! Errors in both of the forms that the vendor has published, at once: `result`, `error`, `desc`, and `status`,
//! `error_code`, `message`, `request_id` (compat.md 1.4). A client finds the one that it was written for.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use domain::Error;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::api::caller::{CHALLENGE, Refusal};
use crate::api::whole_seconds;
use crate::layers::trace::REQUEST_ID;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unauthorized,
    SecretInAddress,
    AddressNotAllowed,
    Forbidden,
    Throttled(Duration),
    Quota(Duration),
    /// A route of the archive with a part missing.
    Incomplete,
    /// A date that is none; which one.
    Malformed(&'static str),
    /// `to_date` before `from_date`.
    Reversed,
    NoSuchRoute,
    Method,
    Unavailable,
    Internal,
}

/// An error as it is answered.
#[derive(Debug)]
pub(super) struct Envelope(Kind);

/// Status, classic number, classic short text, newer code.
type Row = (StatusCode, u32, &'static str, &'static str);

impl Envelope {
    pub(super) const fn of(kind: Kind) -> Self {
        Self(kind)
    }

    #[cfg(test)]
    pub(super) const fn kind(&self) -> Kind {
        self.0
    }

    /// Numbers are the vendor's where it has published one for the case, and the HTTP status where it has not.
    const fn row(&self) -> Row {
        use StatusCode as S;
        match self.0 {
            Kind::Unauthorized => (S::UNAUTHORIZED, 40002, "Unauthorized", "UNAUTHORIZED"),
            Kind::SecretInAddress => (S::BAD_REQUEST, 40002, "Unauthorized", "UNAUTHORIZED"),
            Kind::AddressNotAllowed | Kind::Forbidden => {
                (S::FORBIDDEN, 40002, "Unauthorized", "FORBIDDEN")
            }
            Kind::Throttled(_) | Kind::Quota(_) => (
                S::TOO_MANY_REQUESTS,
                429,
                "Too many requests",
                "RATE_LIMITED",
            ),
            Kind::Incomplete => (
                S::BAD_REQUEST,
                10001,
                "URL parameter missing",
                "MISSING_PARAM",
            ),
            Kind::Malformed(_) | Kind::Reversed => (
                S::BAD_REQUEST,
                10001,
                "URL parameter invalid",
                "INVALID_PARAM",
            ),
            Kind::NoSuchRoute => (S::NOT_FOUND, 404, "Not found", "NOT_FOUND"),
            Kind::Method => (
                S::METHOD_NOT_ALLOWED,
                405,
                "Method not allowed",
                "METHOD_NOT_ALLOWED",
            ),
            Kind::Unavailable => (
                S::SERVICE_UNAVAILABLE,
                50000,
                "Internal error",
                "SERVICE_UNAVAILABLE",
            ),
            Kind::Internal => (
                S::INTERNAL_SERVER_ERROR,
                50000,
                "Internal error",
                "INTERNAL_ERROR",
            ),
        }
    }

    fn message(&self) -> String {
        match self.0 {
            Kind::Unauthorized => "Send the project's API identifier (APP_ID) and an API secret of it (APP_KEY) over \
                                   HTTP Basic. The pair is missing, wrong or revoked.",
            Kind::SecretInAddress => "The address of this request holds an API secret, and addresses are kept in logs. \
                                      Send it over HTTP Basic; revoke this one and make another.",
            Kind::AddressNotAllowed => "This address is not on the account's allow-list (Account, API).",
            Kind::Forbidden => "This API secret does not have the right to do this.",
            Kind::Throttled(_) => "Too many wrong API secrets came from this address.",
            Kind::Quota(_) => "The account's requests of this hour are used up (Account, API).",
            Kind::Incomplete => "A part of the path is missing: /archive/period/{from_date}/{to_date}, \
                                 /archive/room/{room_id}, /archive/room-period/{room_id}/{from_date}/{to_date} or \
                                 /archive/conf/{conf_num}.",
            Kind::Malformed(name) => return format!("{name} is malformed: write YYYY-MM-DD."),
            Kind::Reversed => "to_date is before from_date.",
            Kind::NoSuchRoute => "There is nothing at this address. Reelgate has the routes below /video/v2/archive.",
            Kind::Method => "Use GET.",
            Kind::Unavailable => "The database does not answer. Try again soon.",
            Kind::Internal => "Something went wrong. It is in the server's log under the request_id.",
        }
        .to_owned()
    }

    /// The answer to the request of these parts.
    pub(super) fn into_response(self, parts: &Parts) -> Response {
        let (status, result, error, error_code) = self.row();
        let request_id = parts.headers.get(REQUEST_ID);
        let request_id = request_id.and_then(|value| value.to_str().ok());
        let message = self.message();
        let body = json!({
            "result": result,
            "error": error,
            "desc": message,
            "status": "error",
            "error_code": error_code,
            "message": message,
            "request_id": request_id.unwrap_or_default(),
        });
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.0 {
            Kind::Unauthorized => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
            }
            Kind::Method => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            Kind::Throttled(wait) | Kind::Quota(wait) => {
                headers.insert(RETRY_AFTER, whole_seconds(wait));
            }
            Kind::Unavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}

impl From<Refusal> for Envelope {
    fn from(refusal: Refusal) -> Self {
        Self(match refusal {
            Refusal::Missing | Refusal::Wrong => Kind::Unauthorized,
            Refusal::InQuery => Kind::SecretInAddress,
            Refusal::Throttled { retry_after } => Kind::Throttled(retry_after),
            Refusal::Address => Kind::AddressNotAllowed,
            Refusal::Quota { retry_after } => Kind::Quota(retry_after),
            Refusal::Failed(error) => return error.into(),
        })
    }
}

impl From<Error> for Envelope {
    fn from(error: Error) -> Self {
        Self(match error {
            Error::Forbidden => Kind::Forbidden,
            Error::Unauthenticated => Kind::Unauthorized,
            Error::Throttled { retry_after } => Kind::Throttled(retry_after),
            Error::Unavailable(_) => Kind::Unavailable,
            other => {
                tracing::error!(error = ?other, "an archive request failed");
                Kind::Internal
            }
        })
    }
}
