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

use super::who::Sender;
use super::{answer, body, digest, metadata};
use crate::api::problem::Problem;
use crate::state::AppState;

/// The `source` of such a delivery.
const SOURCE: &str = "upload";

/// What may be said beside the path. All of it may be missing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    kind: Option<String>,
    title: Option<String>,
    /// RFC 3339.
    started_at: Option<String>,
    ended_at: Option<String>,
    external_id: Option<String>,
    /// `true` or `false`.
    secure: Option<String>,
}

/// Where the file goes.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    project: String,
    room: String,
    conference_number: String,
    name: String,
}

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
