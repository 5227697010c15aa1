//! The tus resumable upload protocol 1.0.0 with creation, creation-with-upload, creation-defer-length, checksum,
//! termination and expiration (<https://tus.io/protocols/resumable-upload>).

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use domain::uploads::actions::{self, Piece, SOURCE};
use domain::uploads::{AppendError, Checksum, Upload, UploadId};
use domain::{Backend, Error};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use super::put::length;
use super::who::Sender;
use super::{UPLOADS, body, metadata};
use crate::api::problem::Problem;
use crate::state::AppState;

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const EXTENSIONS: HeaderValue = HeaderValue::from_static(
    "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration",
);
const ALGORITHMS: HeaderValue = HeaderValue::from_static("sha1,sha256");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const OFFSET_STREAM: &str = "application/offset+octet-stream";
/// Bytes of an `Upload-Metadata`.
const MAX_METADATA: usize = 8 * 1024;

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// An answer that is no 2xx.
pub(super) struct Refused(Box<Response>);

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
    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }
}

/// Every answer of the protocol says which version it is.
pub(super) async fn say_version(mut response: Response) -> Response {
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response
}

/// OPTIONS: what this server can do. Nobody has to say who they are.
pub(super) async fn abilities() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_VERSION, VERSION);
    headers.insert(TUS_EXTENSION, EXTENSIONS);
    headers.insert(TUS_CHECKSUM_ALGORITHM, ALGORITHMS);
    response
}

/// POST to all: begins an upload, and takes its first bytes if they come along.
pub(super) async fn create(
    State(state): State<AppState>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    check_version(&headers)?;
    let size = said_length(&headers)?;
    let raw = text(&headers, &UPLOAD_METADATA).unwrap_or_default();
    let pairs = metadata::pairs(raw)
        .filter(|_| raw.len() <= MAX_METADATA)
        .ok_or_else(|| bad_request("Upload-Metadata cannot be read."))?;
    let (delivery, project) =
        metadata::delivery(sender.project, SOURCE, &pairs, size).map_err(refused)?;
    if let Some(project) = project {
        sender.check_project(&project).map_err(refused)?;
    }
    let backend = &state.backend;
    let upload = actions::create(backend, &sender.actor, delivery, raw.to_owned())
        .await
        .map_err(refused)?;
    let location = format!("{UPLOADS}/{}", upload.id);
    let upload = if text(&headers, &CONTENT_TYPE) == Some(OFFSET_STREAM) {
        first_bytes(backend, &sender, upload, &headers, body).await?
    } else {
        upload
    };
    let mut response = StatusCode::CREATED.into_response();
    say_state(&mut response, &upload);
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Refused bytes take the upload with them: the sender would not learn where it is.
async fn first_bytes(
    backend: &Backend,
    sender: &Sender,
    upload: Upload,
    headers: &HeaderMap,
    body: Body,
) -> Result<Upload, Refused> {
    let piece = Piece {
        upload: upload.id,
        offset: 0,
        length: None,
        size: length(headers),
        checksum: checksum(headers)?,
    };
    match actions::append(backend, &sender.actor, piece, body::reader(body)).await {
        Ok(upload) => Ok(upload),
        Err(error) => {
            if let Err(left) = actions::remove(backend, &sender.actor, upload.id).await {
                tracing::debug!(error = ?left, "a refused upload stays until it expires");
            }
            Err(not_taken(error))
        }
    }
}

/// HEAD: how far it is.
pub(super) async fn offset(
    State(state): State<AppState>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    check_version(&headers)?;
    let upload = actions::get(&state.backend, &sender.actor, id_of(&id)?)
        .await
        .map_err(not_taken)?;
    let mut response = StatusCode::OK.into_response();
    say_state(&mut response, &upload);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, NO_STORE);
    match upload.length {
        Some(length) => headers.insert(UPLOAD_LENGTH, HeaderValue::from(length)),
        None => headers.insert(UPLOAD_DEFER_LENGTH, HeaderValue::from(1)),
    };
    if let Ok(metadata) = HeaderValue::from_str(&upload.metadata)
        && !metadata.is_empty()
    {
        headers.insert(UPLOAD_METADATA, metadata);
    }
    Ok(response)
}

/// What tus does not say: which file it became.
#[derive(Debug, Serialize)]
struct View {
    id: String,
    /// Bytes.
    offset: u64,
    length: Option<u64>,
    expires_at: String,
    file_id: Option<String>,
}

/// GET: no part of the protocol.
pub(super) async fn show(
    State(state): State<AppState>,
    sender: Sender,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let upload = actions::get(&state.backend, &sender.actor, id_of(&id)?)
        .await
        .map_err(not_taken)?;
    let view = View {
        id: upload.id.to_string(),
        offset: upload.offset,
        length: upload.length,
        expires_at: upload.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        file_id: upload.file.map(|file| file.to_string()),
    };
    Ok(([(CACHE_CONTROL, NO_STORE)], Json(view)).into_response())
}

/// PATCH: further bytes.
pub(super) async fn append(
    State(state): State<AppState>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    check_version(&headers)?;
    if text(&headers, &CONTENT_TYPE) != Some(OFFSET_STREAM) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Unsupported media type",
        )
        .detail(format!("Bytes of an upload are sent as {OFFSET_STREAM}."))
        .into());
    }
    let piece = Piece {
        upload: id_of(&id)?,
        offset: number(&headers, &UPLOAD_OFFSET)?
            .ok_or_else(|| bad_request("Upload-Offset is missing."))?,
        length: number(&headers, &UPLOAD_LENGTH)?,
        size: length(&headers),
        checksum: checksum(&headers)?,
    };
    let upload = actions::append(&state.backend, &sender.actor, piece, body::reader(body))
        .await
        .map_err(not_taken)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    say_state(&mut response, &upload);
    Ok(response)
}

/// DELETE: gives it up.
pub(super) async fn remove(
    State(state): State<AppState>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    check_version(&headers)?;
    actions::remove(&state.backend, &sender.actor, id_of(&id)?)
        .await
        .map_err(not_taken)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// POST to one: for senders whose surroundings let no PATCH or DELETE through.
pub(super) async fn overridden(
    state: State<AppState>,
    sender: Sender,
    id: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    match text(&headers, &METHOD_OVERRIDE) {
        Some("PATCH") => append(state, sender, id, headers, body).await,
        Some("DELETE") => remove(state, sender, id, headers).await,
        Some("HEAD") => offset(state, sender, id, headers).await,
        _ => Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
        )
        .detail("Use HEAD, PATCH or DELETE, or say one of them in X-HTTP-Method-Override.")
        .into()),
    }
}

fn check_version(headers: &HeaderMap) -> Result<(), Refused> {
    if headers.get(TUS_RESUMABLE) == Some(&VERSION) {
        return Ok(());
    }
    let problem = Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "tus-version",
        "Unsupported version of tus",
    );
    let refused = Refused::from(problem.detail("Send Tus-Resumable: 1.0.0."));
    Err(refused.with(TUS_VERSION, VERSION))
}

/// The length of the whole file; None where it is to be said later.
fn said_length(headers: &HeaderMap) -> Result<Option<u64>, Refused> {
    let length = number(headers, &UPLOAD_LENGTH)?;
    match (length, text(headers, &UPLOAD_DEFER_LENGTH)) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some("1")) => Ok(None),
        _ => Err(bad_request(
            "Send either Upload-Length, or Upload-Defer-Length: 1.",
        )),
    }
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Refused> {
    let Some(said) = headers.get(UPLOAD_CHECKSUM) else {
        return Ok(None);
    };
    let read = || {
        let (algorithm, sum) = said.to_str().ok()?.trim().split_once(' ')?;
        let sum = STANDARD.decode(sum.trim()).ok()?;
        match algorithm {
            "sha1" => Some(Checksum::Sha1(sum.try_into().ok()?)),
            "sha256" => Some(Checksum::Sha256(sum.try_into().ok()?)),
            _ => None,
        }
    };
    read().map(Some).ok_or_else(|| {
        bad_request("Upload-Checksum is sha1 or sha256, a space, and the sum in base64.")
    })
}

fn id_of(text: &str) -> Result<UploadId, Refused> {
    text.parse().map_err(|_| refused(Error::NotFound("upload")))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A number of bytes, if the header is there.
fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Refused> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let number = value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        // What the database can say.
        .filter(|number| i64::try_from(*number).is_ok());
    match number {
        Some(number) => Ok(Some(number)),
        None => Err(bad_request("A length or offset is no number of bytes.")),
    }
}

fn say_state(response: &mut Response, upload: &Upload) {
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(upload.offset));
    let expires = httpdate::fmt_http_date(upload.expires_at.into());
    if let Ok(expires) = HeaderValue::from_str(&expires) {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
}

fn bad_request(detail: &'static str) -> Refused {
    Problem::new(StatusCode::BAD_REQUEST, "bad-request", "Bad request")
        .detail(detail)
        .into()
}

/// An error before any byte was asked for.
fn refused(error: Error) -> Refused {
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

fn not_taken(error: AppendError) -> Refused {
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
