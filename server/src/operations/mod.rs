//! What operators' machines ask for, on a listener of its own: health and metrics.

mod certificate;
mod health;
mod metrics;
mod process;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

pub use health::{Readiness, router as health};
pub use metrics::{Metrics, layer};

use crate::state::AppState;

/// `/metrics`, `/health/live` and `/health/ready`. Not for the public: it says how much is going on.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .merge(health())
        .with_state(state)
}

async fn metrics(State(state): State<AppState>) -> Response {
    // OpenMetrics, as the library writes it; Prometheus 2.5 and later read it.
    const FORM: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, FORM)], state.metrics.render()).into_response()
}
