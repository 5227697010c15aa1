//! Receivers: where senders of recordings call. Each call proves itself in its sender's own way, so none of them is asked
//! for a project's identifier and secret.

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use domain::Error;
use domain::intake::receiving::{Received, receive};
use domain::intake::senders::{Call, Refusal};
use domain::intake::{MAX_EVENT, SourceId};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::layers::address::ClientAddress;
use crate::layers::refusal::refuse;
use crate::state::AppState;

/// One route for all senders: the source says which it is.
pub(super) fn router() -> Router<AppState> {
    Router::new().route("/intake/{source}", post(take))
}

#[derive(Debug, Deserialize)]
struct Asked {
    /// The secret part of the address.
    key: Option<String>,
    /// BigBlueButton: the format that it is about.
    #[serde(rename = "type")]
    format: Option<String>,
}

async fn take(
    State(state): State<AppState>,
    Path(source): Path<String>,
    Query(asked): Query<Asked>,
    request: Request,
) -> Response {
    let Ok(source) = source.parse::<SourceId>() else {
        return unknown();
    };
    let address = ClientAddress::of(request.extensions()).0;
    let headers = request.headers().clone();
    let body = match whole(request).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let call = Call {
        authorization: authorization(&headers),
        key: asked.key.as_deref(),
        format: asked.format.as_deref(),
        body: &body,
    };
    // Answered once the event is committed, never before: who is told 200 does not send it again.
    match receive(&state.backend, source, call, address).await {
        Ok(Received::Stored { .. }) => (StatusCode::OK, "stored\n").into_response(),
        Ok(Received::Refused(Refusal::Unproven(why))) => refuse(StatusCode::UNAUTHORIZED, why),
        Ok(Received::Refused(Refusal::Unreadable(why))) => refuse(StatusCode::BAD_REQUEST, why),
        Err(Error::NotFound(_)) => unknown(),
        Err(Error::Unavailable(_)) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, "Send it again later.")
        }
        Err(error) => {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "an event could not be stored");
            refuse(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on the server.",
            )
        }
    }
}

fn unknown() -> Response {
    refuse(StatusCode::NOT_FOUND, "There is no such source.")
}

/// Several of them would be read differently by different programs: then there is none.
fn authorization(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The body as it came: signatures are over its bytes. Nothing comes in pieces of unknown length (`layers::host`).
async fn whole(request: Request) -> Result<Bytes, Response> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_EVENT) {
        return Err(refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "An event is smaller than this.",
        ));
    }
    to_bytes(request.into_body(), MAX_EVENT)
        .await
        .map_err(|_| refuse(StatusCode::BAD_REQUEST, "The body broke off."))
}
