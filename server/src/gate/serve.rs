//! The last step: preconditions, range, headers and bytes of a file to whoever is allowed. Knows nothing of accounts.
//!
//! Order: preconditions (304, 412), then `If-Range` and `Range` (206, 416), then the whole file (200).
//! HEAD is GET without the bytes; a `Range` with it is ignored (RFC 9110 section 14.2).

use std::fs::File;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::body::{FileBody, Part};
use super::content_type::Presentation;
use super::disposition::content_disposition;
use super::precondition::{Precondition, Validators};
use super::range::{ByteRange, Selection, select};
use super::refusal::Refusal;
use crate::listener::sendfile::Outlet;

/// A file as it is served.
#[derive(Debug)]
pub struct Content {
    /// The reader of the storage target.
    pub bytes: File,
    /// The way around this process for large stretches, where the connection has one.
    pub outlet: Option<Outlet>,
    /// Bytes of it.
    pub size: u64,
    pub name: String,
    pub presentation: Presentation,
    pub validators: Validators,
}

/// The answer to a GET or HEAD with these headers, or the refusal that takes its place.
pub fn respond(
    method: &Method,
    headers: &HeaderMap,
    content: Content,
) -> Result<Response, Refusal> {
    match content.validators.check(headers) {
        Precondition::Failed => return Err(Refusal::PreconditionFailed),
        Precondition::NotModified => return Ok(not_modified(&content)),
        Precondition::Proceed => {}
    }
    let size = content.size;
    match selection(method, headers, &content) {
        Selection::Unsatisfiable => Err(Refusal::RangeNotSatisfiable { size }),
        Selection::Whole => Ok(whole(method, content)),
        Selection::One(range) => Ok(one(content, range)),
        Selection::Several(ranges) => Ok(several(content, &ranges)),
    }
}

fn selection(method: &Method, headers: &HeaderMap, content: &Content) -> Selection {
    let mut lines = headers.get_all(RANGE).iter();
    match (lines.next(), lines.next()) {
        (Some(range), None) if method == Method::GET && content.validators.allow_range(headers) => {
            select(range.as_bytes(), content.size)
        }
        _ => Selection::Whole,
    }
}

fn whole(method: &Method, content: Content) -> Response {
    let mut response = answer(StatusCode::OK, &content);
    set_length(&mut response, content.size);
    if method == Method::GET && content.size > 0 {
        let all = Part::Stretch(ByteRange {
            first: 0,
            last: content.size - 1,
        });
        *response.body_mut() = Body::new(FileBody::new(content.bytes, content.outlet, [all]));
    }
    response
}

fn one(content: Content, range: ByteRange) -> Response {
    let mut response = answer(StatusCode::PARTIAL_CONTENT, &content);
    set_length(&mut response, range.len());
    response
        .headers_mut()
        .insert(CONTENT_RANGE, content_range(range, content.size));
    *response.body_mut() = Body::new(FileBody::new(
        content.bytes,
        content.outlet,
        [Part::Stretch(range)],
    ));
    response
}

/// RFC 9110 section 14.6.
fn several(content: Content, ranges: &[ByteRange]) -> Response {
    let mut response = answer(StatusCode::PARTIAL_CONTENT, &content);
    let boundary = content.validators.boundary();
    let multipart = format!("multipart/byteranges; boundary={boundary}");
    let multipart = HeaderValue::try_from(multipart).expect("hexadecimal digits");
    response.headers_mut().insert(CONTENT_TYPE, multipart);

    let mut parts = Vec::with_capacity(2 * ranges.len() + 1);
    let mut line_end = "";
    for &range in ranges {
        let head = format!(
            "{line_end}--{boundary}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n\r\n",
            content.presentation.content_type, range.first, range.last, content.size
        );
        parts.push(Part::Text(Bytes::from(head)));
        parts.push(Part::Stretch(range));
        line_end = "\r\n";
    }
    parts.push(Part::Text(Bytes::from(format!("\r\n--{boundary}--\r\n"))));
    let body = FileBody::new(content.bytes, content.outlet, parts);
    set_length(&mut response, body.len());
    *response.body_mut() = Body::new(body);
    response
}

/// RFC 9110 section 15.4.5: what a 200 would say to caches, and nothing about a content that is not there.
fn not_modified(content: &Content) -> Response {
    // A body of unknown length: an empty one would be announced as `Content-Length: 0`, which a 304 must not say.
    let mut response = Response::new(Body::from_stream(futures::stream::empty::<
        Result<Bytes, std::convert::Infallible>,
    >()));
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    set_cache_headers(response.headers_mut(), &content.validators);
    // SECURITY: a cache takes over what a 304 says (RFC 9111 section 3.2). Without its own policy, the page's would be it.
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(content.presentation.content_security_policy),
    );
    response
}

/// The headers of 200 and 206, without a length and a body.
fn answer(status: StatusCode, content: &Content) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    set_cache_headers(headers, &content.validators);
    let presentation = content.presentation;
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(presentation.content_type),
    );
    headers.insert(
        CONTENT_DISPOSITION,
        content_disposition(presentation.disposition, &content.name),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(presentation.content_security_policy),
    );
    response
}

/// R100 and R101. A browser may keep a copy but asks each time whether it may still show it, so that a reset or a
/// deletion counts at once; nobody in between may keep one, or change the bytes on the way.
fn set_cache_headers(headers: &mut HeaderMap, validators: &Validators) {
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache, no-transform"),
    );
    headers.insert(VARY, HeaderValue::from_static("Authorization, Cookie"));
    headers.insert(ETAG, validators.etag());
    headers.insert(LAST_MODIFIED, validators.last_modified());
}

fn set_length(response: &mut Response, bytes: u64) {
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(bytes));
}

fn content_range(range: ByteRange, size: u64) -> HeaderValue {
    let value = format!("bytes {}-{}/{size}", range.first, range.last);
    HeaderValue::try_from(value).expect("digits")
}
