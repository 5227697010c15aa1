//! Errors: `{"error":{"code":100,"msg":"Authorization failed"}}` with status 200, which is what clients of this API look
//! at (compat.md 2.2). The one table of codes.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use domain::Error;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::json;

use crate::api::caller::Refusal;
use crate::api::whole_seconds;

/// Every code that there is. Those below 1000 are of the hosted service, with the words of its documentation
/// (voximplant.com, references, HTTP API, errors); those above are ours, for what it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Internal,
    /// No, a wrong, an ended or a revoked token or API key; another account than the token's; a role that may not.
    Authorization,
    InvalidArguments,
    MissingCommand,
    UnknownCommand,
    /// The role does not allow the method.
    Forbidden,
    ApplicationName,
    DateFormat,
    /// There is no such thing in the account.
    NotFound,
    /// A legal hold stands, it is in the trash already, or there are too many.
    Conflict,
    AddressNotAllowed,
    Throttled,
    Quota,
    /// The form is too long, or has too many fields.
    TooLarge,
    NotEncrypted,
    Unavailable,
}

impl Code {
    #[cfg(test)]
    pub(super) const ALL: [Self; 16] = [
        Self::Internal,
        Self::Authorization,
        Self::InvalidArguments,
        Self::MissingCommand,
        Self::UnknownCommand,
        Self::Forbidden,
        Self::ApplicationName,
        Self::DateFormat,
        Self::NotFound,
        Self::Conflict,
        Self::AddressNotAllowed,
        Self::Throttled,
        Self::Quota,
        Self::TooLarge,
        Self::NotEncrypted,
        Self::Unavailable,
    ];

    /// The number, and the words that `msg` begins with.
    pub(super) const fn row(self) -> (u32, &'static str) {
        match self {
            Self::Internal => (2, "Internal error"),
            Self::Authorization => (100, "Authorization failed"),
            Self::InvalidArguments => (101, "Invalid arguments"),
            Self::MissingCommand => (102, "Missing 'cmd' parameter"),
            Self::UnknownCommand => (103, "Unknown command"),
            Self::Forbidden => (104, "Forbidden command"),
            Self::ApplicationName => (107, "Invalid application name"),
            Self::DateFormat => (111, "Invalid date format"),
            Self::NotFound => (9001, "Not found"),
            Self::Conflict => (9002, "Conflict"),
            Self::AddressNotAllowed => (9003, "Address not allowed"),
            Self::Throttled => (9004, "Too many attempts"),
            Self::Quota => (9005, "Quota exceeded"),
            Self::TooLarge => (9006, "Request too large"),
            Self::NotEncrypted => (9007, "Not encrypted"),
            Self::Unavailable => (9008, "Not available now"),
        }
    }
}

/// An error as it is answered.
#[derive(Debug)]
pub(super) struct Refused {
    code: Code,
    /// What happened this time, and what to do. Never holds what was sent.
    detail: Option<String>,
    retry_after: Option<Duration>,
}

impl Refused {
    pub(super) const fn of(code: Code) -> Self {
        Self {
            code,
            detail: None,
            retry_after: None,
        }
    }

    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::of(code)
        }
    }

    /// A parameter that is wrong.
    pub(super) fn parameter(name: &str, what: &str) -> Self {
        Self::new(Code::InvalidArguments, format!("'{name}' {what}"))
    }

    #[cfg(test)]
    pub(super) const fn code(&self) -> Code {
        self.code
    }

    fn after(code: Code, retry_after: Duration, detail: &str) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(code, detail)
        }
    }

    pub(super) fn into_response(self) -> Response {
        let (code, words) = self.code.row();
        let msg = match self.detail {
            Some(detail) => format!("{words}: {detail}"),
            None => words.to_owned(),
        };
        let body = json!({ "error": { "code": code, "msg": msg } });
        let mut response = (StatusCode::OK, body.to_string()).into_response();
        if let Some(wait) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, whole_seconds(wait));
        }
        response
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Missing | Refusal::Wrong => Self::of(Code::Authorization),
            Refusal::InQuery => Self::new(
                Code::Authorization,
                "the address holds an API secret of a project, and addresses are kept in logs; revoke it.",
            ),
            Refusal::Throttled { retry_after } => Self::after(
                Code::Throttled,
                retry_after,
                "too many wrong tokens or API keys came from this address.",
            ),
            Refusal::Address => Self::new(
                Code::AddressNotAllowed,
                "it is not on the account's allow-list (Account, API).",
            ),
            Refusal::Quota { retry_after } => Self::after(
                Code::Quota,
                retry_after,
                "the account's requests of this hour are used up (Account, API).",
            ),
            Refusal::Failed(error) => error.into(),
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::new(
                Code::NotFound,
                format!("there is no such {what} in the account."),
            ),
            Error::Unauthenticated => Self::of(Code::Authorization),
            Error::Forbidden => Self::new(
                Code::Forbidden,
                "the role of the service account does not allow this.",
            ),
            Error::Invalid(problems) => {
                let told = problems.into_iter().map(|problem| problem.message);
                Self::new(Code::InvalidArguments, told.collect::<Vec<_>>().join(" "))
            }
            Error::Conflict(why) => Self::new(Code::Conflict, why),
            Error::Gone(why) => Self::new(Code::Conflict, why),
            Error::Throttled { retry_after } => {
                Self::after(Code::Throttled, retry_after, "try again later.")
            }
            Error::Unavailable(what) => Self::after(
                Code::Unavailable,
                Duration::from_secs(5),
                &format!("the {what} does not answer."),
            ),
            other => {
                tracing::error!(error = ?other, "a call of the management API failed");
                Self::new(
                    Code::Internal,
                    "it is in the server's log under the X-Request-Id of this answer.",
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// docs/platform-api.md shows them to people.
    #[test]
    fn every_code_is_once_and_documented() {
        let document = include_str!("../../../../docs/platform-api.md");
        let mut numbers = HashSet::new();
        for code in Code::ALL {
            let (number, words) = code.row();
            assert!(numbers.insert(number), "{number}");
            assert!(
                document.contains(&format!("| {number} | {words} |")),
                "{number} {words}"
            );
        }
    }
}
