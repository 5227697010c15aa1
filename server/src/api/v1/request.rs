//! What the handlers take: the application, ids in addresses, bodies in JSON. Whatever is wrong is told as a problem.

use std::str::FromStr;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use domain::{Actor, Error, Problem as FieldProblem};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny};

use crate::api::caller::Refusal;
use crate::api::problem::Problem;

/// Bytes of a body in JSON.
pub(super) const MAX_BODY: usize = 64 * 1024;

/// On whose behalf a request acts: the one that the door let in.
pub(super) struct Application(pub(super) Actor);

impl<S: Sync> FromRequestParts<S> for Application {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // SECURITY: a route that was put beside the door lets nobody in.
        let actor = parts.extensions.get().copied().map(Self);
        actor.ok_or_else(|| Refusal::Missing.into())
    }
}

/// The id in the address. One that is no id belongs to nothing, like one that is nobody's (R147).
pub(super) struct Id<T>(pub(super) T);

/// What an id is of, as a problem calls it.
pub(super) trait Named {
    const NAME: &'static str;
}

impl Named for domain::files::FileId {
    const NAME: &'static str = "file";
}

impl Named for domain::sessions::SessionId {
    const NAME: &'static str = "session";
}

impl Named for domain::projects::ProjectId {
    const NAME: &'static str = "project";
}

impl Named for domain::credentials::CredentialId {
    const NAME: &'static str = "credential";
}

impl Named for domain::webhooks::EndpointId {
    const NAME: &'static str = "webhook endpoint";
}

impl<S: Send + Sync, T: FromStr + Named> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = text.and_then(|Path(text)| text.parse().ok()).map(Self);
        id.ok_or_else(|| Error::NotFound(T::NAME).into())
    }
}

/// A body in JSON, with nothing in it that is not known.
pub(super) struct Json<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "Unsupported media type",
            )
            .detail("Send the body as application/json."));
        }
        let announced = parts
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|bytes| bytes > MAX_BODY) {
            return Err(too_large());
        }
        let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
        // serde would take a list of the members in their order, too.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(match serde_json::from_slice::<IgnoredAny>(&bytes) {
                Ok(_) => Error::invalid("body", "This should be an object.").into(),
                Err(_) => malformed(),
            });
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            refusal(&path, error.inner())
        })?;
        reader.end().map_err(|_| malformed())?;
        Ok(Self(value))
    }
}

/// For a member that may be left out, but not be null.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

fn is_json(parts: &Parts) -> bool {
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

pub(super) fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large")
        .detail(format!("The body may have {MAX_BODY} bytes."))
}

fn malformed() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed request")
        .detail("The body is no JSON document.")
}

/// SECURITY: serde repeats what was sent; only what it expected is told.
fn refusal(path: &str, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    if !matches!(error.classify(), Category::Data) {
        return malformed();
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let message = if text.starts_with("missing field") {
        format!("There is a {text}.")
    } else {
        let expected = text
            .rsplit_once(", expected ")
            .map_or("something else", |(_, expected)| expected);
        let what = if text.starts_with("unknown field") {
            "There is a member that is not known here"
        } else {
            "This is not what it should be"
        };
        format!("{what}; expected {expected}.")
    };
    let field = if matches!(path, "." | "?") {
        "body"
    } else {
        path
    };
    Error::Invalid(vec![FieldProblem {
        field: field.to_owned(),
        message,
    }])
    .into()
}
