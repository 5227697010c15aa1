//! A delivered file, as JSON.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::accounts::AccountId;
use domain::files::file_path;
use domain::sessions::delivery::Delivered;
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// What the sender learns of its file.
#[derive(Debug, Serialize)]
struct File {
    id: String,
    session: String,
    room: String,
    conference_number: String,
    name: String,
    kind: &'static str,
    content_type: String,
    bytes: u64,
    /// In hexadecimal digits.
    sha256: String,
    /// Where it is opened, with a credential.
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
    let body = File {
        id: file.file.to_string(),
        session: file.session.to_string(),
        room: file.room,
        conference_number: file.conference_number,
        name: file.name,
        kind: file.kind.as_str(),
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
