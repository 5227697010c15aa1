//! The tus resumable upload protocol 1.0.0 with creation, creation-with-upload, creation-defer-length, checksum,
//! termination and expiration (<https://tus.io/protocols/resumable-upload>).

mod headers;
mod refused;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use domain::uploads::actions::{self, Piece, SOURCE};
use domain::uploads::{Upload, UploadId};
use domain::{Backend, Error};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use self::headers::{
    ALGORITHMS, EXTENSIONS, MAX_METADATA, METHOD_OVERRIDE, NO_STORE, OFFSET_STREAM,
    TUS_CHECKSUM_ALGORITHM, TUS_EXTENSION, TUS_RESUMABLE, TUS_VERSION, UPLOAD_DEFER_LENGTH,
    UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET, VERSION, check_version, checksum, number,
    said_length, say_state, text,
};
use self::refused::{Refused, bad_request, not_taken, other_method, refused};
use super::described::{Beginning, Further, One, Override, Sum, Version};
use super::put::length;
use super::who::Sender;
use super::{UPLOADS, body, metadata};
use crate::api::problem::Problem;
use crate::state::AppState;

/// Every answer of the protocol says which version it is.
pub(super) async fn say_version(mut response: Response) -> Response {
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response
}

/// Ask what the server can do
///
/// The tus protocol's question for versions and extensions. Nobody has to say who they are.
#[utoipa::path(options, path = "/uploads", operation_id = "getUploadAbilities", tag = "Uploads", security(()),
    responses((status = 204, description = "What it can do", headers(
        ("Tus-Version" = String, description = "Versions of the protocol, the best first"),
        ("Tus-Extension" = String, description = "Its extensions"),
        ("Tus-Checksum-Algorithm" = String, description = "What Upload-Checksum may be made with")))))]
pub(super) async fn abilities() -> Response {
    can_do()
}

/// Ask what the server can do with an upload
///
/// The same as of all uploads. Nobody has to say who they are, and nothing is said of this one.
#[utoipa::path(options, path = "/uploads/{upload}", operation_id = "getAbilitiesOfUpload", tag = "Uploads", security(()),
    params(("upload" = String, Path, description = "Anything")),
    responses((status = 204, description = "What it can do", headers(
        ("Tus-Version" = String, description = "Versions of the protocol, the best first"),
        ("Tus-Extension" = String, description = "Its extensions"),
        ("Tus-Checksum-Algorithm" = String, description = "What Upload-Checksum may be made with")))))]
pub(super) async fn abilities_of_one() -> Response {
    can_do()
}

fn can_do() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_VERSION, VERSION);
    headers.insert(TUS_EXTENSION, EXTENSIONS);
    headers.insert(TUS_CHECKSUM_ALGORITHM, ALGORITHMS);
    response
}

/// Begin an upload
///
/// By the tus protocol, for files that go on after interruptions; send either `Upload-Length`, or `Upload-Defer-Length`
/// and the length later. First bytes may come along as a body; if they are refused, there is no upload. An upload
/// expires 24 hours after its last bytes, and a project has at most 1,000 unfinished ones. Needs a secret that may write.
#[utoipa::path(post, path = "/uploads", operation_id = "createUpload", tag = "Uploads",
    params(Version, Beginning, Sum),
    request_body(content_type = "application/offset+octet-stream", description = "The first bytes; may be left out. \
        A body of any other type is passed over"),
    responses(
        (status = 201, description = "It has begun", headers(
            ("Location" = String, description = "The upload"),
            ("Upload-Offset" = u64, description = "Bytes that are safe"),
            ("Upload-Expires" = String, description = "When it expires, as an HTTP date"))),
        (status = 400, description = "A header cannot be read, or Upload-Length and Upload-Defer-Length are both there or both missing"),
        (status = 404, description = "Upload-Metadata names another project"),
        (status = 409, description = "The session has another file of this name, which stays; the project is archived, or has too many \
            unfinished uploads"),
        (status = 410, description = "The file was deleted, and stays deleted"),
        (status = 412, description = "Tus-Resumable is missing or another version", headers(
            ("Tus-Version" = String, description = "The version that is spoken here"))),
        (status = 413, description = "The project takes no file of this size, or more came than Upload-Length", headers(
            ("Tus-Max-Size" = u64, description = "Bytes that a file may have, where the project says so"))),
        (status = 422, description = "What Upload-Metadata says is refused, or the file's content; errors says why"),
        (status = 460, description = "The bytes are not those of Upload-Checksum"),
        (status = 507, description = "The project's quota is used up")))]
pub(super) async fn create(
    State(state): State<AppState>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    check_version(&headers)?;
    let size = said_length(&headers)?;
    // All of the head before anything is made of it: whoever is refused cannot know that something was begun.
    let sum = checksum(&headers)?;
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
        let piece = Piece {
            upload: upload.id,
            offset: 0,
            length: None,
            size: length(&headers),
            checksum: sum,
        };
        first_bytes(backend, &sender, piece, body).await?
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
    piece: Piece,
    body: Body,
) -> Result<Upload, Refused> {
    let id = piece.upload;
    match actions::append(backend, &sender.actor, piece, body::reader(body)).await {
        Ok(upload) => Ok(upload),
        Err(error) => {
            if let Err(left) = actions::remove(backend, &sender.actor, id).await {
                tracing::debug!(error = ?left, "a refused upload stays until it expires");
            }
            Err(not_taken(error))
        }
    }
}

/// Ask how far an upload is
///
/// Go on at `Upload-Offset`, whatever interrupted. One whose bytes are all here, and which a crash kept from being
/// delivered, is delivered now.
#[utoipa::path(head, path = "/uploads/{upload}", operation_id = "getUploadOffset", tag = "Uploads",
    params(One, Version),
    responses(
        (status = 200, description = "How far it is", headers(
            ("Upload-Offset" = u64, description = "Bytes that are safe"),
            ("Upload-Length" = u64, description = "Bytes of the file, if that has been said"),
            ("Upload-Defer-Length" = u64, description = "1 while the length has not been said"),
            ("Upload-Metadata" = String, description = "As it was sent"),
            ("Upload-Expires" = String, description = "When it expires, as an HTTP date"))),
        (status = 404, description = "There is no such upload, or it has expired"),
        (status = 410, description = "Its file was refused, or its bytes are lost"),
        (status = 412, description = "Tus-Resumable is missing or another version"),
        (status = 413, description = "All bytes are here, and the project does not take a file of this size any more"),
        (status = 422, description = "All bytes are here, and the file is refused, which ends the upload"),
        (status = 423, description = "Another request is sending to it"),
        (status = 507, description = "All bytes are here, and the project's quota is used up")))]
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

/// An upload: what the protocol says, and which file it became.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(super) struct View {
    id: Uuid,
    /// Bytes that are safe.
    offset: u64,
    /// Bytes of the file; null while that has not been said.
    length: Option<u64>,
    #[schema(format = "date-time")]
    expires_at: String,
    /// Null until it is delivered.
    file_id: Option<Uuid>,
}

/// Get an upload
///
/// How far it is, and which file it became. No part of the tus protocol, and needs none of its headers.
#[utoipa::path(get, path = "/uploads/{upload}", operation_id = "getUpload", tag = "Uploads", params(One),
    responses(
        (status = 200, description = "The upload", body = View),
        (status = 404, description = "There is no such upload, or it has expired"),
        (status = 410, description = "Its file was refused, or its bytes are lost"),
        (status = 413, description = "All bytes are here, and the project does not take a file of this size any more"),
        (status = 422, description = "All bytes are here, and the file is refused, which ends the upload"),
        (status = 423, description = "Another request is sending to it"),
        (status = 507, description = "All bytes are here, and the project's quota is used up")))]
pub(super) async fn show(
    State(state): State<AppState>,
    sender: Sender,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let upload = actions::get(&state.backend, &sender.actor, id_of(&id)?)
        .await
        .map_err(not_taken)?;
    let view = View {
        id: *upload.id.as_uuid(),
        offset: upload.offset,
        length: upload.length,
        expires_at: upload.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        file_id: upload.file.map(|file| *file.as_uuid()),
    };
    Ok(([(CACHE_CONTROL, NO_STORE)], Json(view)).into_response())
}

/// Send further bytes
///
/// From `Upload-Offset` on. What came before an interruption is kept, unless an `Upload-Checksum` goes with it. The last
/// bytes are answered when the file is delivered; a file that is refused then ends the upload.
#[utoipa::path(patch, path = "/uploads/{upload}", operation_id = "appendToUpload", tag = "Uploads",
    params(One, Version, Further, Sum),
    request_body(content_type = "application/offset+octet-stream", description = "The bytes"),
    responses(
        (status = 204, description = "They are safe", headers(
            ("Upload-Offset" = u64, description = "Bytes that are safe"),
            ("Upload-Expires" = String, description = "When it expires, as an HTTP date"))),
        (status = 400, description = "Upload-Offset is missing, or a header cannot be read"),
        (status = 404, description = "There is no such upload, or it has expired"),
        (status = 409, description = "It goes on at another byte than Upload-Offset; detail says at which"),
        (status = 410, description = "Its file was refused or deleted, or its bytes are lost"),
        (status = 412, description = "Tus-Resumable is missing or another version", headers(
            ("Tus-Version" = String, description = "The version that is spoken here"))),
        (status = 413, description = "There are more bytes than the upload's length, or than the project takes"),
        (status = 415, description = "The bytes are not sent as application/offset+octet-stream"),
        (status = 422, description = "It has another length than Upload-Length, or these were the last bytes and the file is refused"),
        (status = 423, description = "Another request is sending to it"),
        (status = 460, description = "The bytes are not those of Upload-Checksum, and were dropped"),
        (status = 507, description = "The project's quota is used up")))]
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

/// Give up an upload
///
/// A file that it became stays.
#[utoipa::path(delete, path = "/uploads/{upload}", operation_id = "deleteUpload", tag = "Uploads",
    params(One, Version),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "There is no such upload, or it has expired"),
        (status = 412, description = "Tus-Resumable is missing or another version", headers(
            ("Tus-Version" = String, description = "The version that is spoken here"))),
        (status = 423, description = "Another request is sending to it")))]
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

/// Reach an upload by POST
///
/// For senders whose surroundings let no HEAD, PATCH or DELETE through: `X-HTTP-Method-Override` says which of them is
/// meant, and everything else is as it is there.
#[utoipa::path(post, path = "/uploads/{upload}", operation_id = "overrideMethodOfUpload", tag = "Uploads",
    params(One, Version, Override, Sum),
    request_body(content_type = "application/offset+octet-stream", description = "The bytes, with PATCH only"),
    responses(
        (status = 200, description = "HEAD: how far it is", headers(
            ("Upload-Offset" = u64, description = "Bytes that are safe"),
            ("Upload-Length" = u64, description = "Bytes of the file, if that has been said"),
            ("Upload-Defer-Length" = u64, description = "1 while the length has not been said"),
            ("Upload-Metadata" = String, description = "As it was sent"),
            ("Upload-Expires" = String, description = "When it expires, as an HTTP date"))),
        (status = 204, description = "PATCH: the bytes are safe. DELETE: it is gone", headers(
            ("Upload-Offset" = u64, description = "With PATCH: bytes that are safe"),
            ("Upload-Expires" = String, description = "With PATCH: when it expires, as an HTTP date"))),
        (status = 400, description = "A header cannot be read, or PATCH comes without Upload-Offset"),
        (status = 404, description = "There is no such upload, or it has expired"),
        (status = 405, description = "X-HTTP-Method-Override is missing or another method", headers(
            ("Allow" = String, description = "What is possible here"))),
        (status = 409, description = "It goes on at another byte than Upload-Offset; detail says at which"),
        (status = 410, description = "Its file was refused or deleted, or its bytes are lost"),
        (status = 412, description = "Tus-Resumable is missing or another version", headers(
            ("Tus-Version" = String, description = "The version that is spoken here"))),
        (status = 413, description = "There are more bytes than the upload's length, or than the project takes"),
        (status = 415, description = "The bytes are not sent as application/offset+octet-stream"),
        (status = 422, description = "It has another length than Upload-Length, or these were the last bytes and the file is refused"),
        (status = 423, description = "Another request is sending to it"),
        (status = 460, description = "The bytes are not those of Upload-Checksum, and were dropped"),
        (status = 507, description = "The project's quota is used up")))]
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
        _ => Err(other_method()),
    }
}

fn id_of(text: &str) -> Result<UploadId, Refused> {
    text.parse().map_err(|_| refused(Error::NotFound("upload")))
}
