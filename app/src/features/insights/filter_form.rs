//! The period and the project: links for the usual periods, and a GET form for days of one's own.

use domain::Problem;
use domain::projects::Project;
use leptos::prelude::*;

use super::query::{Choice, OverviewQuery};
use crate::features::sessions::{DayField, ProjectField};
use crate::routes::paths;
use crate::ui::{Icon, Shape};

#[component]
pub(super) fn PeriodForm(
    /// As it came, so that a slip can be mended rather than typed again.
    query: OverviewQuery,
    choice: Option<Choice>,
    projects: Vec<Project>,
    problems: Vec<Problem>,
) -> impl IntoView {
    let problem = move |field: &str| {
        Signal::stored(
            problems
                .iter()
                .find(|problem| problem.field == field)
                .map(|problem| problem.message.clone()),
        )
    };
    let links = query.clone();
    view! {
        <div class="insights-bar">
            <nav class="periods" aria-label="Period">
                <ul>
                    {Choice::ALL
                        .map(|one| {
                            view! {
                                <li>
                                    <a
                                        href=links.with_period(one)
                                        aria-current=(choice == Some(one)).then_some("true")
                                    >
                                        <span class="visually-hidden">"Last "</span>
                                        {one.name()}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
            <a class="button button-small" href=query.export() download="">
                <Icon shape=Shape::Download />
                "Export CSV"
            </a>
        </div>
        <form class="filter insights-filter" method="get" action=paths::OVERVIEW aria-label="Days and project">
            <ProjectField chosen=query.project.clone() projects=projects problem=problem("project") />
            <DayField name="from" label="From" value=query.from.clone() problem=problem("from") />
            <DayField name="to" label="To" value=query.to.clone() problem=problem("to") />
            // Without days of one's own the period stays.
            <input type="hidden" name="period" value=query.period.clone() />
            <div class="filter-actions">
                <button type="submit" class="button button-primary">
                    "Apply"
                </button>
                {(query.address() != paths::OVERVIEW)
                    .then(|| {
                        view! {
                            <a class="button" href=paths::OVERVIEW>
                                "Clear"
                            </a>
                        }
                    })}
            </div>
        </form>
    }
}
