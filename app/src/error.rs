//! The face of an error in the portal: what a page or a form can show, and the HTTP status that goes with it.

use domain::Problem;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a server function did nothing. Mirrors `domain::Error`, but holds nothing that must stay in the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UiError {
    /// At least one field is wrong; each problem names its field.
    Invalid(Vec<Problem>),
    /// Nobody is signed in.
    Unauthenticated,
    /// Signed in, and not allowed.
    Forbidden,
    /// There is no such thing, or none that this member may know of.
    NotFound,
    /// Something else stands in the way: a sentence about it.
    Conflict(String),
    /// Too many attempts; how long to wait.
    Throttled { seconds: u64 },
    /// The database or another part is away; it is worth trying again.
    Unavailable,
    /// The form did not arrive whole.
    Malformed,
    /// Our fault. The reference finds it in the log.
    Internal { reference: String },
}

impl UiError {
    /// One wrong field.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self::Invalid(vec![Problem {
            field: field.to_owned(),
            message: message.to_owned(),
        }])
    }

    /// The HTTP status that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Invalid(_) => 422,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::Throttled { .. } => 429,
            Self::Unavailable => 503,
            Self::Malformed => 400,
            Self::Internal { .. } => 500,
        }
    }

    /// What stands beside this field.
    pub fn problem_of(&self, field: &str) -> Option<String> {
        match self {
            Self::Invalid(problems) => problems
                .iter()
                .find(|p| p.field == field)
                .map(|p| p.message.clone()),
            _ => None,
        }
    }

    /// What stands above the form: None if every problem has its own field among `fields`.
    pub fn message_for(&self, fields: &[&str]) -> Option<String> {
        match self {
            Self::Invalid(problems) => problems
                .iter()
                .find(|p| !fields.contains(&p.field.as_str()))
                .map(|p| p.message.clone()),
            other => Some(other.sentence()),
        }
    }

    /// The error as a sentence that says what to do next.
    pub fn sentence(&self) -> String {
        match self {
            Self::Invalid(problems) => problems.first().map_or_else(
                || "Something in the form is wrong.".to_owned(),
                |p| p.message.clone(),
            ),
            Self::Unauthenticated => "Your sign-in has ended. Sign in again.".to_owned(),
            Self::Forbidden => {
                "Your role does not allow this. Ask an owner or admin of the account.".to_owned()
            }
            Self::NotFound => "This is no longer there. Reload the page.".to_owned(),
            Self::Conflict(why) => why.clone(),
            Self::Throttled { seconds } => format!(
                "Too many attempts. Try again in {}.",
                crate::ui::wait(*seconds)
            ),
            Self::Unavailable => {
                "The database cannot be reached just now. Try again in a moment.".to_owned()
            }
            Self::Malformed => {
                "The form did not arrive whole. Reload the page and try again.".to_owned()
            }
            Self::Internal { reference } => {
                format!(
                    "Something went wrong on the server. Nothing was changed. Reference: {reference}"
                )
            }
        }
    }
}

impl FromServerFnError for UiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => refused(Self::Malformed),
            // In the browser: no answer came. On the server it does not happen.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Unavailable,
            _ => Self::Internal {
                reference: "request".to_owned(),
            },
        }
    }
}

/// Gives the response the status of this error, where a response is being made.
#[cfg(feature = "ssr")]
fn refused(error: UiError) -> UiError {
    crate::ssr::set_status(error.status());
    if let UiError::Throttled { seconds } = error {
        crate::ssr::set_retry_after(seconds);
    }
    error
}

#[cfg(not(feature = "ssr"))]
fn refused(error: UiError) -> UiError {
    error
}

/// Gives the page that is being rendered the status of this error.
pub(crate) fn respond_with(error: &UiError) {
    let _ = refused(error.clone());
}

#[cfg(feature = "ssr")]
impl From<domain::Error> for UiError {
    fn from(error: domain::Error) -> Self {
        refused(match error {
            domain::Error::Invalid(problems) => Self::Invalid(problems),
            domain::Error::Unauthenticated => Self::Unauthenticated,
            domain::Error::Forbidden => Self::Forbidden,
            domain::Error::NotFound(_) => Self::NotFound,
            domain::Error::Conflict(why) => Self::Conflict(why),
            domain::Error::Gone(why) => Self::Conflict(why.to_owned()),
            domain::Error::TooLarge { .. } => {
                Self::Conflict("The file is larger than the project takes.".to_owned())
            }
            domain::Error::Full { .. } => {
                Self::Conflict("The project has no room for this file.".to_owned())
            }
            domain::Error::Throttled { retry_after } => Self::Throttled {
                seconds: retry_after.as_secs().max(1),
            },
            domain::Error::Unavailable(_) => Self::Unavailable,
            domain::Error::Internal(source) => {
                let reference = crate::ssr::reference();
                tracing::error!(%reference, error = ?source, "a page or form failed");
                Self::Internal { reference }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_goes_to_its_field_and_the_rest_above_the_form() {
        let error = UiError::invalid("email", "Enter an e-mail address.");
        assert_eq!(
            error.problem_of("email").as_deref(),
            Some("Enter an e-mail address.")
        );
        assert_eq!(error.problem_of("password"), None);
        assert_eq!(error.message_for(&["email"]), None);
        assert_eq!(
            error.message_for(&["password"]).as_deref(),
            Some("Enter an e-mail address.")
        );
    }

    #[test]
    fn throttling_says_how_long_to_wait() {
        assert_eq!(
            UiError::Throttled { seconds: 61 }.sentence(),
            "Too many attempts. Try again in 2 minutes."
        );
    }
}
