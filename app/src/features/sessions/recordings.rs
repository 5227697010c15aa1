//! Page `/video/insights/recordings`: the report, and above it the preset credentials while they are unchanged.

use domain::Permission;
use domain::files::commands::shell_quoted;
use domain::projects::Project;
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use super::api::{FileUse, Report, exist_sessions, list_projects, report_sessions, use_file};
use super::filter_form::FilterForm;
use super::query::ReportQuery;
use super::table::ReportTable;
use super::use_from_program::UseFromProgram;
use crate::error::UiError;
use crate::features::credentials::{PresetLine, get_credential, reveal_preset};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Empty, Icon, Message, Pagination, Shape, count, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn Recordings() -> impl IntoView {
    let (query, is_shown, used) = use_query_map().with_untracked(|map| {
        (
            ReportQuery::of(map),
            map.get("show").as_deref() == Some("preset"),
            map.get("use"),
        )
    });
    // A form sends its empty fields, too: the address that is shared shall be free of them.
    if use_query_map().with_untracked(|map| map.latest_values().any(|(_, value)| value.is_empty()))
    {
        return view! { <Redirect path=query.address() /> }.into_any();
    }
    view! {
        <Frame place=Place::Recordings>
            {
                let viewer = Viewer::current();
                let may_see_preset = viewer.may(Permission::SeePreset);
                load(gather(query.clone(), may_see_preset, is_shown, used), move |page| show(page, query, viewer))
            }
        </Frame>
    }
    .into_any()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recorded {
    projects: Vec<Project>,
    report: Report,
    /// The account has sessions, whether or not one matches.
    is_any: bool,
    /// User name of the unchanged preset, and its password if the address asks for it.
    preset: Option<(String, Option<String>)>,
    /// The file that programs are to use, if the address asks for one.
    used: Option<FileUse>,
}

async fn gather(
    query: ReportQuery,
    may_see_preset: bool,
    is_shown: bool,
    used: Option<String>,
) -> Result<Recorded, UiError> {
    let projects = list_projects().await?;
    let report = report_sessions(query).await?;
    let is_any = !report.sessions.items.is_empty() || exist_sessions().await?;
    let preset = if may_see_preset {
        preset(is_shown).await?
    } else {
        None
    };
    let used = match used {
        Some(file) => use_file(file).await?,
        None => None,
    };
    Ok(Recorded {
        projects,
        report,
        is_any,
        preset,
        used,
    })
}

async fn preset(is_shown: bool) -> Result<Option<(String, Option<String>)>, UiError> {
    let credential = get_credential().await?;
    if !credential.is_preset {
        return Ok(None);
    }
    let password = if is_shown {
        reveal_preset().await?
    } else {
        None
    };
    Ok(Some((credential.username, password)))
}

fn show(page: Recorded, query: ReportQuery, viewer: Viewer) -> impl IntoView {
    let Recorded {
        projects,
        report,
        is_any,
        preset,
        used,
    } = page;
    let close = query.address();
    let pairs = query.pairs();
    view! {
        {preset.map(|(username, shown)| view! { <PresetLine username=username shown=shown query=pairs /> })}
        {used.map(|file| view! { <UseFromProgram file=file close=close /> })}
        {if is_any {
            view! {
                <FilterForm
                    query=query.clone()
                    order=report.order
                    projects=projects
                    problems=report.problems.clone()
                />
                <Sessions report=report query=query public_url=viewer.public_url />
            }
                .into_any()
        } else {
            let account = viewer.member.map(|member| member.account_name).unwrap_or_default();
            view! { <NothingYet account=account /> }.into_any()
        }}
    }
}

#[component]
fn Sessions(report: Report, query: ReportQuery, public_url: String) -> impl IntoView {
    let cursor_problem = report
        .problems
        .iter()
        .find(|problem| problem.field == "cursor");
    let message = Signal::stored(cursor_problem.map(|problem| problem.message.clone()));
    let not_archived = Viewer::current().refusal_at(paths::RECORDINGS_ZIP);
    if report.sessions.items.is_empty() {
        return view! {
            <Message text=message />
            <NoMatch is_narrowed=query.is_narrowed() />
        }
        .into_any();
    }
    let total = count(report.sessions.total, "session", "sessions");
    let total = if report.is_more {
        format!("More than {total}")
    } else {
        total
    };
    let zone = report.zone.clone();
    view! {
        <Message text=message />
        <Message text=Signal::stored(not_archived.map(|error| error.sentence())) />
        <div class="report-bar">
            <p>{total.clone()}</p>
            <p>"Times in " {zone.replace('_', " ")}</p>
            <form id="archive" class="report-actions" method="post" action=paths::RECORDINGS_ZIP>
                <a class="button button-small" href=query.export() download="">
                    <Icon shape=Shape::Download />
                    "Export CSV"
                </a>
                <button type="submit" class="button button-small">
                    <Icon shape=Shape::Download />
                    "Download chosen as ZIP"
                </button>
            </form>
        </div>
        <ReportTable
            rows=report.sessions.items
            query=query.clone()
            order=report.order
            zone=zone
            public_url=public_url
        />
        <Pagination
            label="Pages of the report"
            previous=report.sessions.previous.map(|cursor| query.at(&cursor))
            next=report.sessions.next.map(|cursor| query.at(&cursor))
            total=total
        />
    }
    .into_any()
}

/// Sessions there are, but none for this filter; or this page of the report is empty by now.
#[component]
fn NoMatch(is_narrowed: bool) -> impl IntoView {
    let (sentence, link) = if is_narrowed {
        (
            "Widen the dates, choose another kind, or search for fewer or shorter words.",
            "Clear the filter",
        )
    } else {
        (
            "The report has changed since this address was made.",
            "Start from the first page",
        )
    };
    view! {
        <Empty shape=Shape::Search title="No session matches">
            <p>{sentence}</p>
            <p class="empty-actions">
                <a class="button" href=paths::RECORDINGS>
                    {link}
                </a>
            </p>
        </Empty>
    }
}

/// The account has no session at all: says how to bring some in.
#[component]
fn NothingYet(account: String) -> impl IntoView {
    let command = format!(
        "reelgate import FOLDER --account {} --project 'My project' --create-project",
        shell_quoted(&visible(&account))
    );
    view! {
        <Empty shape=Shape::Film title="No recordings yet">
            <p>"Whoever runs the server brings them in from a folder, on the server's command line:"</p>
            <pre tabindex="0"><code>{command}</code></pre>
            <p>
                "The folder holds one folder for each room, and in it one for each conference number with that "
                "session's files: .mkv, .mov, .webm and .mp4 recordings, chat.json and metadata.json."
            </p>
        </Empty>
    }
}

#[cfg(test)]
mod tests {
    use domain::files::commands::shell_quoted;

    #[test]
    fn a_name_stays_one_word_of_a_shell() {
        assert_eq!(shell_quoted("Acme $(x) `y` \"z\""), "'Acme $(x) `y` \"z\"'");
        assert_eq!(shell_quoted("O'Hara"), r"'O'\''Hara'");
    }
}
