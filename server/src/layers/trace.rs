//! One line in the log for each request, and the id by which it is found again.

use std::borrow::Cow;
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::api_secrets::lying;
use http::{HeaderName, HeaderValue};
use percent_encoding::{CONTROLS, percent_decode_str, utf8_percent_encode};

use super::address::ClientAddress;

/// Also in the response, so that a person can quote it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The path as it came, unless something in it looks like an API secret (R148): then without that.
fn without_secrets(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    match lying::mask(&decoded) {
        Cow::Borrowed(_) => path.to_owned(),
        // A line of the log stays one.
        Cow::Owned(masked) => utf8_percent_encode(&masked, CONTROLS).to_string(),
    }
}

/// Gives the request an id, and logs how it went.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    // Always one of ours: a client's own could pretend to be another request, or be anything at all.
    let id = format!("{:016x}", rand::random::<u64>());
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits are ASCII");
    request.headers_mut().insert(REQUEST_ID, value.clone());
    let method = request.method().clone();
    // SECURITY: never the query or the user of an absolute target: they hold set-up codes, filters, passwords.
    let path = without_secrets(request.uri().path());
    let client = ClientAddress::of(request.extensions()).0;
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, value);
    let status = response.status().as_u16();
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(target: "reelgate::http", %method, %path, status, ms, %client, id, "request");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R148.
    #[test]
    fn no_secret_stands_in_the_log() {
        let secret = format!("rgs_{}", "aB3x".repeat(10));
        assert_eq!(without_secrets("/files/a%20b/ü"), "/files/a%20b/ü");
        for (path, logged) in [
            (format!("/api/v1/{secret}"), "/api/v1/rgs_***"),
            (
                format!("/x%0A/id:%72gs_{}", &secret[4..]),
                "/x%0A/id:rgs_***",
            ),
        ] {
            assert_eq!(without_secrets(&path), logged);
        }
    }
}
