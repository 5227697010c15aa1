//! The protocol's headers, read and written.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::uploads::{Checksum, Upload};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::refused::{Refused, bad_request};
use crate::api::problem::Problem;

pub(super) const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
pub(super) const EXTENSIONS: HeaderValue = HeaderValue::from_static(
    "creation,creation-with-upload,creation-defer-length,checksum,termination,expiration",
);
pub(super) const ALGORITHMS: HeaderValue = HeaderValue::from_static("sha1,sha256");
pub(super) const METHODS_OF_ONE: HeaderValue =
    HeaderValue::from_static("OPTIONS,GET,HEAD,PATCH,DELETE,POST");
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(super) const OFFSET_STREAM: &str = "application/offset+octet-stream";
/// Bytes of an `Upload-Metadata`.
pub(super) const MAX_METADATA: usize = 8 * 1024;

pub(super) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(super) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
pub(super) const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
pub(super) const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
pub(super) const TUS_CHECKSUM_ALGORITHM: HeaderName =
    HeaderName::from_static("tus-checksum-algorithm");
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
pub(super) const UPLOAD_DEFER_LENGTH: HeaderName = HeaderName::from_static("upload-defer-length");
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
pub(super) const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
pub(super) const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
pub(super) const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
pub(super) const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

pub(super) fn check_version(headers: &HeaderMap) -> Result<(), Refused> {
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
pub(super) fn said_length(headers: &HeaderMap) -> Result<Option<u64>, Refused> {
    let length = number(headers, &UPLOAD_LENGTH)?;
    let deferred = headers.get(&UPLOAD_DEFER_LENGTH);
    match (length, deferred.map(HeaderValue::as_bytes)) {
        (Some(length), None) => Ok(Some(length)),
        (None, Some(b"1")) => Ok(None),
        _ => Err(bad_request(
            "Send either Upload-Length, or Upload-Defer-Length: 1.",
        )),
    }
}

pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Refused> {
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

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A number of bytes, if the header is there.
pub(super) fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Refused> {
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

pub(super) fn say_state(response: &mut Response, upload: &Upload) {
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(upload.offset));
    let expires = httpdate::fmt_http_date(upload.expires_at.into());
    if let Ok(expires) = HeaderValue::from_str(&expires) {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
}
