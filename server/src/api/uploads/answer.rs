//! A delivered file, as JSON.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::accounts::AccountId;
use domain::files::file_path;
use domain::sessions::delivery::Delivered;
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::v1::Kind;

/// What the sender learns of its file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveredFile {
    id: Uuid,
    session: Uuid,
    room: String,
    conference_number: String,
    #[schema(examples("board.mp4"))]
    name: String,
    kind: Kind,
    #[schema(examples("video/mp4"))]
    content_type: String,
    bytes: u64,
    /// Of the bytes, in hexadecimal digits.
    #[schema(min_length = 64, max_length = 64)]
    sha256: String,
    /// Where it is opened, with an access credential.
    #[schema(format = "uri")]
    url: String,
}

/// 201 for a new file, 200 for one that was there.
pub(super) fn delivered(account: AccountId, public_url: &str, file: Delivered) -> Response {
    let path = file_path(account, file.file, &file.name);
    let status = if file.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = HeaderValue::from_str(&format!("/api/v1/files/{}", file.file));
    let body = DeliveredFile {
        id: *file.file.as_uuid(),
        session: *file.session.as_uuid(),
        room: file.room,
        conference_number: file.conference_number,
        name: file.name,
        kind: file.kind.into(),
        content_type: file.content_type,
        bytes: file.size,
        sha256: hex(&file.sha256),
        url: format!("{public_url}{path}"),
    };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(location) = location {
        headers.insert(LOCATION, location);
    }
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
