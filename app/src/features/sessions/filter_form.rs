//! What the report is narrowed to: a GET form, so that the address holds all of it.

use chrono::{Datelike as _, NaiveDate};
use domain::Problem;
use domain::files::FileKind;
use domain::projects::Project;
use domain::sessions::SessionOrder;
use leptos::prelude::*;

use super::query::ReportQuery;
use super::table::kind_name;
use crate::routes::paths;
use crate::ui::{FieldFrame, Fold, Shape, described_by, visible};

#[component]
pub(crate) fn FilterForm(
    /// As it came, so that a slip can be mended rather than typed again.
    query: ReportQuery,
    order: SessionOrder,
    projects: Vec<Project>,
    problems: Vec<Problem>,
) -> impl IntoView {
    // A slip must be seen where it was made.
    let is_open = problems.iter().any(|problem| problem.field != "cursor");
    let problem = move |field: &str| {
        Signal::stored(
            problems
                .iter()
                .find(|problem| problem.field == field)
                .map(|problem| problem.message.clone()),
        )
    };
    let is_clear = query.address() == paths::RECORDINGS;
    let narrowings = query.narrowings();
    let kind_problem = problem("kind");
    view! {
        <Fold label="Filter and search" shape=Shape::Filter in_use=narrowings is_open=is_open>
            <form class="filter" method="get" action=paths::RECORDINGS aria-label="Filter the recordings">
                <ProjectField chosen=query.project.clone() projects=projects problem=problem("project") />
                <DayField name="from" label="From" value=query.from.clone() problem=problem("from") />
                <DayField name="to" label="To" value=query.to.clone() problem=problem("to") />
                <FieldFrame name="q" label="Search" problem=problem("q")>
                    <input
                        type="search"
                        id="q"
                        name="q"
                        value=query.q.clone()
                        placeholder="Title, room, number, participant, chat"
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby=described_by("q", false)
                    />
                </FieldFrame>
                <FieldFrame name="sort" label="Sort by" problem=problem("sort")>
                    <select id="sort" name="sort" aria-describedby=described_by("sort", false)>
                        {SessionOrder::ALL
                            .map(|choice| {
                                // The usual order needs no word in the address.
                                let value = if choice == SessionOrder::default() { "" } else { choice.as_str() };
                                view! {
                                    <option value=value selected=choice == order>
                                        {order_name(choice)}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </select>
                </FieldFrame>
                <fieldset class="filter-kinds" aria-describedby="kind-problem">
                    <legend>"Kind"</legend>
                    <div>
                        {FileKind::RECORDINGS
                            .map(|kind| {
                                let is_chosen = query.kind.iter().any(|chosen| chosen == kind.as_str());
                                view! {
                                    <label class="check">
                                        <input type="checkbox" name="kind" value=kind.as_str() checked=is_chosen />
                                        {kind_name(kind)}
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                    <p class="problem" id="kind-problem" hidden=kind_problem.with_untracked(Option::is_none)>
                        {kind_problem.get_untracked()}
                    </p>
                </fieldset>
                <div class="filter-actions">
                    <button type="submit" class="button button-primary">
                        "Apply"
                    </button>
                    {(!is_clear)
                        .then(|| {
                            view! {
                                <a class="button" href=paths::RECORDINGS>
                                    "Clear"
                                </a>
                            }
                        })}
                </div>
            </form>
        </Fold>
    }
}

#[component]
pub(crate) fn ProjectField(
    chosen: String,
    projects: Vec<Project>,
    problem: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <FieldFrame name="project" label="Project" problem=problem>
            <select id="project" name="project" aria-describedby=described_by("project", false)>
                <option value="">"All projects"</option>
                {projects
                    .into_iter()
                    .filter_map(|project| {
                        let id = project.id.to_string();
                        let is_chosen = id == chosen;
                        let name = visible(&project.name);
                        // Archived ones are reached from their own page.
                        let name = match (project.is_archived, is_chosen) {
                            (false, _) => name,
                            (true, true) => format!("{name} (archived)"),
                            (true, false) => return None,
                        };
                        Some(
                            view! {
                                <option value=id selected=is_chosen>
                                    {name}
                                </option>
                            },
                        )
                    })
                    .collect_view()}
            </select>
        </FieldFrame>
    }
}

#[component]
pub(crate) fn DayField(
    name: &'static str,
    label: &'static str,
    value: String,
    problem: Signal<Option<String>>,
) -> impl IntoView {
    // Browsers complain about what is no date, and show nothing of it.
    let value = value
        .parse::<NaiveDate>()
        .ok()
        .filter(|day| (1..=9999).contains(&day.year()))
        .map(|day| day.to_string())
        .unwrap_or_default();
    view! {
        <FieldFrame name=name label=label problem=problem>
            <input type="date" id=name name=name value=value aria-describedby=described_by(name, false) />
        </FieldFrame>
    }
}

const fn order_name(order: SessionOrder) -> &'static str {
    match order {
        SessionOrder::Newest => "Newest first",
        SessionOrder::Oldest => "Oldest first",
        SessionOrder::Longest => "Longest first",
        SessionOrder::Largest => "Largest first",
    }
}
