//! The figures of the Overview as CSV: one line for each day of the period that its page shows.

use app::overview_scope;
use app::routes::paths;
use app::ssr::Visitor;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::insights::Bucket;
use domain::insights::actions::by_day;
use domain::{Backend, Error};

use crate::recordings::csv::{attachment, head, line};
use crate::recordings::refused;

const HEAD: [&str; 7] = [
    "day_utc",
    "sessions",
    "recorded_seconds",
    "stored_bytes",
    "downloads",
    "delivered_bytes",
    "refused_requests",
];

/// `GET /video/insights/export`, with the query of the page.
pub async fn overview(
    State(backend): State<Backend>,
    Extension(visitor): Extension<Visitor>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let Some(actor) = visitor.actor else {
        return Redirect::to(&paths::sign_in_then(paths::OVERVIEW)).into_response();
    };
    // Exporting something else than was asked for would go unnoticed.
    let scope = match overview_scope(query, backend.clock.now().date_naive()) {
        Ok(scope) => scope,
        Err(problems) => return refused(Error::Invalid(problems)),
    };
    let days = match by_day(&backend, &actor, &scope).await {
        Ok(days) => days,
        Err(error) => return refused(error),
    };
    let name = format!(
        "overview-{}-to-{}.csv",
        scope.period.first(),
        scope.period.last()
    );
    let lines: String = days.iter().map(of_day).collect();
    attachment(&name, Body::from(head(HEAD) + &lines))
}

fn of_day(day: &Bucket) -> String {
    let figures = &day.figures;
    let seconds = figures.duration_ms / 1000;
    let rest = figures.duration_ms % 1000;
    line([
        day.first.to_string().as_str(),
        &figures.sessions.to_string(),
        &format!("{seconds}.{rest:03}"),
        &figures.stored.to_string(),
        &figures.downloads.to_string(),
        &figures.delivered.to_string(),
        &figures.refusals.to_string(),
    ])
}
