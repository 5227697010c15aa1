//! `/health/live`: the process answers. `/health/ready`: it wants requests, and its database answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;

use crate::layers::refusal::refuse;
use crate::state::AppState;

/// The database has this long to answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Whether the process still wants requests. Cheap to clone; clones are one.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// From now on load balancers are told to go elsewhere.
    pub fn end(&self) {
        self.0.store(true, Relaxed);
    }

    pub fn has_ended(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// Both paths.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
}

async fn ready(State(state): State<AppState>) -> Response {
    use sqlx::Connection as _;
    if state.readiness.has_ended() {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.");
    }
    let ping = async { state.backend.db.acquire().await?.ping().await };
    match tokio::time::timeout(LIMIT, ping).await {
        Ok(Ok(())) => "ready\n".into_response(),
        _ => refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            "The database does not answer.",
        ),
    }
}
