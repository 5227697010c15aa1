//! Nobody holds a request open for ever: the head of the answer must be there in time. Its body may take as long
//! as it likes, since a recording is large and a line may be slow. So may a request that brings a recording: those watch
//! over their bytes themselves.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;

use super::refusal::refuse_and_close;
use crate::api::uploads::brings_a_file;

/// Reading a form and answering it. A password waits for its turn to be hashed for less than this.
const LIMIT: Duration = Duration::from_secs(30);

/// Answers 408 in place of a route that did not.
pub async fn layer(request: Request, next: Next) -> Response {
    if brings_a_file(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    tokio::time::timeout(LIMIT, next.run(request))
        .await
        .unwrap_or_else(|_| {
            refuse_and_close(StatusCode::REQUEST_TIMEOUT, "The request took too long.")
        })
}
