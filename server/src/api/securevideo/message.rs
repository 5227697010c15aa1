//! Errors: a status of the documented set and `{"Message": "..."}`.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use domain::Error;
use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::api::caller::{CHALLENGE, Refusal};
use crate::api::whole_seconds;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Unauthorized,
    SecretInAddress,
    /// What of the request is wrong, in a sentence.
    Invalid(&'static str),
    /// It exists, and is another company's; or this must not be done with it. Why, in a sentence.
    Forbidden(&'static str),
    /// There is none: what, and its id.
    Missing(&'static str, Option<i64>),
    NoSuchResource,
    /// The methods that there are.
    Method(String),
    AddressNotAllowed,
    Throttled(Duration),
    Quota(Duration),
    NotHere,
    Failed,
}

/// An error as it is answered.
#[derive(Debug)]
pub(super) struct Message(Kind);

impl Message {
    pub(super) const fn of(kind: Kind) -> Self {
        Self(kind)
    }

    #[cfg(test)]
    pub(super) const fn kind(&self) -> &Kind {
        &self.0
    }

    const fn status(&self) -> StatusCode {
        use StatusCode as S;
        match self.0 {
            Kind::Unauthorized => S::UNAUTHORIZED,
            Kind::SecretInAddress | Kind::Invalid(_) => S::BAD_REQUEST,
            Kind::Forbidden(_) => S::FORBIDDEN,
            Kind::Missing(..) | Kind::NoSuchResource => S::NOT_FOUND,
            Kind::Method(_) => S::METHOD_NOT_ALLOWED,
            Kind::AddressNotAllowed => S::PRECONDITION_FAILED,
            Kind::Throttled(_) | Kind::Quota(_) => S::TOO_MANY_REQUESTS,
            Kind::NotHere => S::NOT_IMPLEMENTED,
            // 503 is not of the documented set.
            Kind::Failed => S::INTERNAL_SERVER_ERROR,
        }
    }

    fn text(&self) -> String {
        match &self.0 {
            Kind::Unauthorized => "Send an API identifier and a secret of it over HTTP Basic. The pair is missing, wrong \
                                   or revoked.",
            Kind::SecretInAddress => "The address of this request holds an API secret, and addresses are kept in logs. \
                                      Send it over HTTP Basic; revoke this one and make another.",
            Kind::Invalid(why) | Kind::Forbidden(why) => why,
            Kind::Missing(what, Some(id)) => return format!("The {what} with ID {id} does not exist."),
            Kind::Missing(what, None) => return format!("This {what} does not exist."),
            Kind::NoSuchResource => "There is no such resource.",
            Kind::Method(methods) => return format!("This resource has the methods {methods}."),
            Kind::AddressNotAllowed => "The address of the caller is not on the account's allow-list (Account, API).",
            Kind::Throttled(_) => "Too many wrong secrets came from this address.",
            Kind::Quota(_) => "The account's requests of this hour are used up (Account, API).",
            Kind::NotHere => "Reelgate keeps recordings. It holds no video calls, and makes no users.",
            Kind::Failed => "Something went wrong. The X-Request-Id of this answer stands in the server's log.",
        }
        .to_owned()
    }

    pub(super) fn into_response(self) -> Response {
        let body = json!({ "Message": self.text() });
        let mut response = (self.status(), body.to_string()).into_response();
        let headers = response.headers_mut();
        match self.0 {
            Kind::Unauthorized => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
            }
            Kind::Method(methods) => {
                if let Ok(methods) = HeaderValue::from_str(&methods) {
                    headers.insert(ALLOW, methods);
                }
            }
            Kind::Throttled(wait) | Kind::Quota(wait) => {
                headers.insert(RETRY_AFTER, whole_seconds(wait));
            }
            _ => {}
        }
        response
    }
}

impl From<Refusal> for Message {
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

impl From<Error> for Message {
    fn from(error: Error) -> Self {
        Self(match error {
            Error::Forbidden => {
                Kind::Forbidden("This API secret does not have the right to do this.")
            }
            Error::Unauthenticated => Kind::Unauthorized,
            Error::NotFound(_) => Kind::Missing("object", None),
            // Of the actions that are called here: a legal hold, or somebody was quicker.
            Error::Conflict(_) => Kind::Forbidden(
                "This cannot be done now: a legal hold stands on it, or it is in the trash already.",
            ),
            Error::Throttled { retry_after } => Kind::Throttled(retry_after),
            other => {
                tracing::error!(error = ?other, "a request in SecureVideo's form failed");
                Kind::Failed
            }
        })
    }
}
