//! Page `/video/insights`: figures of the account over time.

use domain::Permission;
use domain::projects::Project;
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use super::api::{OverviewReport, report_overview};
use super::cards::Cards;
use super::filter_form::PeriodForm;
use super::lists::{CompletenessPanel, Definitions, Refusals, TopFiles};
use super::query::OverviewQuery;
use super::words;
use crate::error::UiError;
use crate::features::sessions::list_projects;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Empty, Shape, Time};
use crate::viewer::Viewer;

#[component]
pub(crate) fn InsightsOverview() -> impl IntoView {
    let query = use_query_map().with_untracked(OverviewQuery::of);
    // A form sends its empty fields, too: the address that is shared shall be free of them.
    if use_query_map().with_untracked(|map| map.latest_values().any(|(_, value)| value.is_empty()))
    {
        return view! { <Redirect path=query.address() /> }.into_any();
    }
    view! {
        <Frame place=Place::Overview>
            {
                let may_see_log = Viewer::current().may(Permission::SeeAccessLog);
                load(gather(query.clone()), move |page| show(page, query, may_see_log))
            }
        </Frame>
    }
    .into_any()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Gathered {
    projects: Vec<Project>,
    report: OverviewReport,
}

async fn gather(query: OverviewQuery) -> Result<Gathered, UiError> {
    Ok(Gathered {
        projects: list_projects().await?,
        report: report_overview(query).await?,
    })
}

fn show(page: Gathered, query: OverviewQuery, may_see_log: bool) -> impl IntoView {
    let Gathered { projects, report } = page;
    if !report.overview.is_any {
        return view! { <NothingYet /> }.into_any();
    }
    view! {
        <PeriodForm
            query=query
            choice=report.choice
            projects=projects
            problems=report.problems.clone()
        />
        <Figures report=report may_see_log=may_see_log />
    }
    .into_any()
}

#[component]
fn Figures(report: OverviewReport, may_see_log: bool) -> impl IntoView {
    let OverviewReport {
        overview,
        today,
        counted,
        last_downloads,
        starts,
        ..
    } = report;
    let period = overview.period;
    view! {
        <p class="insights-asof">
            <strong>{words::days(period.first(), period.last())}</strong>
            ", days in UTC, compared with "
            {words::before(period.days())}
            ". "
            {match counted {
                Some(counted) => view! { "Counted up to " <Time moment=counted /> " UTC." }.into_any(),
                None => "What was there before is being counted for the first time: these figures still grow.".into_any(),
            }}
        </p>
        <Cards overview=overview.clone() today=today />
        <div class="insights-lists">
            <TopFiles files=overview.top_files last=last_downloads />
            <div class="insights-side">
                <Refusals refusals=overview.refusals period=period is_linked=may_see_log />
                <CompletenessPanel all=overview.completeness with_gaps=overview.with_gaps starts=starts />
            </div>
        </div>
        <Definitions />
    }
}

/// The account has neither a session nor a request.
#[component]
fn NothingYet() -> impl IntoView {
    view! {
        <Empty shape=Shape::Report title="No figures yet">
            <p>
                "Once there are recordings, this page shows how many there are and how long, what they take up, how often "
                "they are downloaded, who is refused and why, and whether anything is missing of them."
            </p>
            <p class="empty-actions">
                <a class="button" href=paths::RECORDINGS>
                    "See how recordings come in"
                </a>
            </p>
        </Empty>
    }
}
