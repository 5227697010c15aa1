//! A bug in one request answers 500, says nothing of itself to the caller, and leaves the others alone.

use std::any::Any;

use axum::body::Body;
use http::{Response, StatusCode};

use super::refusal::refuse;

/// For `CatchPanicLayer::custom`. The panic itself is in the log already, by the hook of [`log_panics`].
pub fn answer(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    refuse(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong on the server.",
    )
}

/// Sends panics to the log like everything else.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let payload = panic.payload();
        let text = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        tracing::error!(place, "panic: {}", text.unwrap_or("no text"));
    }));
}
