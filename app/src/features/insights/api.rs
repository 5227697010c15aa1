//! Server functions of insights.

use chrono::NaiveDate;
use domain::Problem;
use domain::insights::Overview;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::query::{Choice, OverviewQuery};
use crate::error::UiError;
use crate::ui::Moment;

/// The figures, written out for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OverviewReport {
    pub(crate) overview: Overview,
    /// None: days of one's own.
    pub(crate) choice: Option<Choice>,
    /// The day that is not over yet.
    pub(crate) today: NaiveDate,
    /// Everything before this is counted.
    pub(crate) counted: Option<Moment>,
    /// When each of the top files was last downloaded.
    pub(crate) last_downloads: Vec<Moment>,
    /// When each of the sessions with gaps began.
    pub(crate) starts: Vec<Moment>,
    /// What of the address was left out, and why.
    pub(crate) problems: Vec<Problem>,
}

/// The figures that the query asks for. What it asks in vain is left out and named.
#[server]
pub(crate) async fn report_overview(query: OverviewQuery) -> Result<OverviewReport, UiError> {
    use domain::insights::actions;

    use crate::ssr;

    let (backend, actor, zone) = (ssr::backend()?, ssr::actor()?, ssr::visitor()?.zone);
    let today = backend.clock.now().date_naive();
    let request = query.read(today);
    let overview = actions::overview(&backend, &actor, &request.scope).await?;
    let top = overview.top_files.iter();
    let gaps = overview.with_gaps.iter();
    Ok(OverviewReport {
        counted: overview
            .counted_at
            .map(|at| Moment::precise(at, &chrono::Utc)),
        last_downloads: top.map(|file| Moment::new(file.last_at, &zone)).collect(),
        starts: gaps.map(|one| Moment::new(one.started_at, &zone)).collect(),
        choice: request.choice,
        today,
        problems: request.problems,
        overview,
    })
}
