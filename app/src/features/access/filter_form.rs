//! Whose view of which files, and when: a GET form, so that the address holds all of it.

use domain::Problem;
use domain::access::{Asker, Candidate};
use domain::projects::Project;
use leptos::prelude::*;

use super::query::PreviewQuery;
use crate::routes::paths;
use crate::ui::{FieldFrame, Fold, Shape, described_by, visible};

#[component]
pub(super) fn FilterForm(
    /// As it came, so that a slip can be mended rather than typed again.
    query: PreviewQuery,
    candidates: Vec<Candidate>,
    projects: Vec<Project>,
    problems: Vec<Problem>,
) -> impl IntoView {
    // A slip must be seen where it was made.
    let is_open = problems.iter().any(|problem| problem.field != "cursor");
    let narrowings = query.narrowings();
    let problem = move |field: &str| {
        Signal::stored(
            problems
                .iter()
                .find(|problem| problem.field == field)
                .map(|problem| problem.message.clone()),
        )
    };
    let is_clear = narrowings == 0;
    view! {
        <Fold label="Caller, files, time" shape=Shape::Filter in_use=narrowings is_open=is_open>
            <form class="filter log-filter" method="get" action=paths::ACCESS_PREVIEW aria-label="Who asks for which files">
                <CallerField chosen=query.caller.clone() candidates=candidates problem=problem("caller") />
                <FieldFrame name="project" label="Project" problem=problem("project")>
                    <select id="project" name="project" aria-describedby=described_by("project", false)>
                        <Choice value="" text="All projects" chosen=query.project.clone() />
                        {projects
                            .into_iter()
                            .map(|project| {
                                let text = visible(&project.name);
                                view! { <Choice value=project.id.to_string() text=text chosen=query.project.clone() /> }
                            })
                            .collect_view()}
                    </select>
                </FieldFrame>
                <FieldFrame name="session" label="Session (address or id)" problem=problem("session")>
                    <input
                        type="text"
                        id="session"
                        name="session"
                        value=query.session.clone()
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby=described_by("session", false)
                    />
                </FieldFrame>
                <FieldFrame name="at" label="At (empty: now)" problem=problem("at")>
                    <input
                        type="datetime-local"
                        id="at"
                        name="at"
                        value=query.at.clone()
                        aria-describedby=described_by("at", false)
                    />
                </FieldFrame>
                <div class="filter-actions">
                    <button type="submit" class="button button-primary">
                        "Show"
                    </button>
                    {(!is_clear)
                        .then(|| {
                            view! {
                                <a class="button" href=paths::ACCESS_PREVIEW>
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
fn CallerField(
    chosen: String,
    candidates: Vec<Candidate>,
    problem: Signal<Option<String>>,
) -> impl IntoView {
    let anyone = chosen.is_empty();
    let group = move |label: &'static str, is_in: fn(&Asker) -> bool| {
        let choices: Vec<_> = candidates
            .iter()
            .filter(|candidate| is_in(&candidate.asker))
            .map(|candidate| {
                view! { <Choice value=candidate.asker.to_string() text=called(candidate) chosen=chosen.clone() /> }
            })
            .collect();
        (!choices.is_empty()).then(|| view! { <optgroup label=label>{choices}</optgroup> })
    };
    view! {
        <FieldFrame name="caller" label="Caller" problem=problem>
            <select id="caller" name="caller" aria-describedby=described_by("caller", false)>
                <option value="" selected=anyone>
                    "Anyone with the address"
                </option>
                {group("Access credentials", |asker| matches!(asker, Asker::Credential(_)))}
                {group("Members", |asker| matches!(asker, Asker::Member(_)))}
                {group("Service accounts", |asker| matches!(asker, Asker::ServiceAccount(_)))}
                {group("Applications (API secrets)", |asker| matches!(asker, Asker::Application(_)))}
            </select>
        </FieldFrame>
    }
}

/// A name, and what tells it from others.
fn called(candidate: &Candidate) -> String {
    let name = visible(&candidate.name);
    if matches!(candidate.asker, Asker::ServiceAccount(_)) && candidate.role.is_none() {
        return format!("{name}, without a role");
    }
    match (candidate.role, &candidate.project) {
        (Some(role), _) => format!("{name}, {}", role.as_str()),
        (None, Some(project)) => format!("{}: {name}", visible(project)),
        (None, None) => name,
    }
}

#[component]
fn Choice(
    #[prop(into)] value: String,
    #[prop(into)] text: String,
    chosen: String,
) -> impl IntoView {
    let is_chosen = value == chosen;
    view! {
        <option value=value selected=is_chosen>
            {text}
        </option>
    }
}
