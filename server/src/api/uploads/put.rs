//! `PUT …/sessions/{room}/{conference_number}/files/{name}`: one file in one request.

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::Error;
use domain::sessions::delivery::{AboutFile, AboutSession, Delivery, deliver};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::DeliveredFile;
use super::described::WholeHeaders;
use super::who::Sender;
use super::{answer, body, digest, metadata};
use crate::api::problem::Problem;
use crate::api::v1::Kind;
use crate::state::AppState;

/// The `source` of such a delivery.
const SOURCE: &str = "upload";

/// What may be said beside the path. All of it may be missing.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Said {
    /// What it is; without it, what the name says.
    #[param(value_type = Option<Kind>, inline)]
    kind: Option<String>,
    /// Of the session, if it has none yet. No control or invisible characters.
    #[param(max_length = 200)]
    title: Option<String>,
    /// Of the session. What its metadata file says counts more; without both, a session ends when its first recording
    /// arrives, and begins by its duration before that. In a year from 1970 to 9998.
    #[param(value_type = Option<DateTime<Utc>>)]
    started_at: Option<String>,
    /// Of the session; not before `started_at`. In a year from 1970 to 9998.
    #[param(value_type = Option<DateTime<Utc>>)]
    ended_at: Option<String>,
    /// What the sender calls the recording: the same file of it is found again. At most 500 bytes.
    #[param(min_length = 1, max_length = 500)]
    external_id: Option<String>,
    /// The file is marked secure from its first moment: it needs a credential even where the project is open. Counts when
    /// the file is new.
    #[param(value_type = Option<bool>)]
    secure: Option<String>,
}

/// Where the file goes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Place {
    /// Id of the project: the secret's own.
    #[param(value_type = Uuid)]
    project: String,
    /// At most 255 bytes. No slash, control or invisible character, no dot at the beginning, no blank at either end.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = "^[^/.\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    room: String,
    /// The same as of `room`.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = "^[^/.\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    conference_number: String,
    /// The same as of `room`; it ends in .mkv, .mov, .webm, .mp4, .json, .txt or .vtt.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = "^[^/.\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*$",
        example = "board.mp4"
    )]
    name: String,
}

/// Send a file in one request
///
/// The body is the file as it is. The session is made if it is new; the file's name says what it is, unless `kind` does.
/// Repeat what you are not sure of: the same bytes again are the same file. With `Expect: 100-continue` a refusal costs
/// no upload; `Content-Length` may be missing. Needs a secret that may write.
#[utoipa::path(put, path = "/projects/{project}/sessions/{room}/{conference_number}/files/{name}",
    operation_id = "putFile", tag = "Uploads",
    params(Place, Said, WholeHeaders),
    request_body(content_type = "application/octet-stream", description = "The bytes of the file, without Content-Encoding"),
    responses(
        (status = 200, description = "It was there already, with these bytes; they are not read if Content-Digest is that of the file", body = DeliveredFile,
            headers(("Location" = String, description = "The file in this API"))),
        (status = 201, description = "It is in the vault, and safe", body = DeliveredFile,
            headers(("Location" = String, description = "The file in this API"))),
        (status = 400, description = "The request or its Content-Digest cannot be read, the bytes are not those of the digest, \
            or they are a part only (Content-Range). Nothing was kept"),
        (status = 404, description = "The secret reaches no such project"),
        (status = 409, description = "The session has another file of this name, which stays; or the project is archived"),
        (status = 410, description = "The file was deleted, and stays deleted"),
        (status = 413, description = "The project takes no file of this size"),
        (status = 415, description = "The bytes are sent with a Content-Encoding"),
        (status = 422, description = "A name, a parameter or the file's content is refused; errors says which and why"),
        (status = 507, description = "The project's quota is used up")))]
pub(super) async fn put(
    State(state): State<AppState>,
    sender: Sender,
    Path(place): Path<Place>,
    said: Result<Query<Said>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    sender.check_project(&place.project)?;
    let Query(said) = said.map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request").detail(
            "The query of the address cannot be read, says something twice, or something unknown.",
        )
    })?;
    check_form(&headers)?;
    let digests = digest::read(&headers).ok_or_else(unreadable_digest)?;
    let delivery = Delivery {
        project: sender.project,
        source: SOURCE.to_owned(),
        external_id: said.external_id,
        session: AboutSession {
            room: Some(place.room),
            conference_number: Some(place.conference_number),
            started_at: metadata::time("started_at", said.started_at.as_deref())?,
            ended_at: metadata::time("ended_at", said.ended_at.as_deref())?,
            title: said.title,
        },
        file: AboutFile {
            name: place.name,
            kind: metadata::kind(said.kind.as_deref())?,
            size: length(&headers),
            sha256: digests.sha256,
            sha512: digests.sha512,
            is_secure: metadata::secure(said.secure.as_deref())?,
        },
    };
    let delivered = deliver(&state.backend, &sender.actor, delivery, body::reader(body))
        .await
        .map_err(problem)?;
    Ok(answer::delivered(
        sender.actor.account,
        &state.backend.public_url,
        delivered,
    ))
}

/// Bytes, where they are said: hyper has refused what is no number.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole file as it is, or nothing.
fn check_form(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(CONTENT_RANGE) {
        // RFC 9110 section 14.5.
        return Err(
            Problem::new(StatusCode::BAD_REQUEST, "partial", "A part of a file").detail(
                "PUT takes whole files. Files come in pieces by the tus protocol, at /api/v1/uploads.",
            ),
        );
    }
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "encoded",
            "An encoded file",
        )
        .detail("Send the file as it is, without Content-Encoding."));
    }
    Ok(())
}

fn unreadable_digest() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "digest", "Unreadable digest")
        .detail("Content-Digest has the form sha-256=:<base64>: (RFC 9530).")
}

fn problem(error: Error) -> Problem {
    match error {
        Error::Invalid(problems) if problems.iter().any(|problem| problem.field == "digest") => {
            Problem::new(StatusCode::BAD_REQUEST, "digest", "Wrong digest")
                .detail("The bytes that came are not those of Content-Digest. Nothing was kept.")
        }
        Error::Unavailable("sender") => {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "broken-off", "Broken off")
                .detail("The file did not come to its end. Nothing was kept.")
        }
        other => other.into(),
    }
}
