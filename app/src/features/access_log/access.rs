//! Page `/video/insights/access`: who opened which file, and who was refused and why.

use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::api::{AccessReport, report_access};
use super::filter_form::FilterForm;
use super::query::AccessQuery;
use super::table::LogTable;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Empty, Icon, Message, Pagination, Shape, count};

#[component]
pub(crate) fn Access() -> impl IntoView {
    let query = use_query_map().with_untracked(AccessQuery::of);
    // A form sends its empty fields, too: the address that is shared shall be free of them.
    if use_query_map().with_untracked(|map| map.latest_values().any(|(_, value)| value.is_empty()))
    {
        return view! { <Redirect path=query.page_address() /> }.into_any();
    }
    view! {
        <Frame place=Place::Access>
            {load(report_access(query.clone()), move |report| show(report, query))}
        </Frame>
    }
    .into_any()
}

fn show(report: AccessReport, query: AccessQuery) -> impl IntoView {
    if !report.is_any {
        return view! { <NothingYet /> }.into_any();
    }
    view! {
        <FilterForm query=query.clone() callers=report.callers.clone() problems=report.problems.clone() />
        <Rows report=report query=query />
    }
    .into_any()
}

#[component]
fn Rows(report: AccessReport, query: AccessQuery) -> impl IntoView {
    let cursor_problem = report
        .problems
        .iter()
        .find(|problem| problem.field == "cursor");
    let message = Signal::stored(cursor_problem.map(|problem| problem.message.clone()));
    if report.rows.is_empty() {
        return view! {
            <Message text=message />
            <NoMatch is_narrowed=query.is_narrowed() />
        }
        .into_any();
    }
    let total = count(report.total, "request", "requests");
    let total = if report.is_more {
        format!("More than {total}")
    } else {
        total
    };
    view! {
        <Message text=message />
        <div class="report-bar log-bar">
            <p>{total.clone()}</p>
            <p>"Times in " {report.zone.replace('_', " ")}</p>
            <a class="button button-small" href=query.export_address() download="">
                <Icon shape=Shape::Download />
                "Export CSV"
            </a>
        </div>
        <LogTable rows=report.rows query=query.clone() zone=report.zone />
        <Pagination
            label="Pages of the access log"
            previous=report.previous.map(|cursor| query.at(&cursor))
            next=report.next.map(|cursor| query.at(&cursor))
            total=total
        />
    }
    .into_any()
}

/// Requests there are, but none for this filter; or this page of them is no more.
#[component]
fn NoMatch(is_narrowed: bool) -> impl IntoView {
    let (sentence, link) = if is_narrowed {
        (
            "Widen the dates, or choose another outcome, caller, file or address.",
            "Clear the filter",
        )
    } else {
        (
            "There is nothing before or after what this page showed.",
            "Start from the newest",
        )
    };
    view! {
        <Empty shape=Shape::Search title="No request matches">
            <p>{sentence}</p>
            <p class="empty-actions">
                <a class="button" href=paths::ACCESS>
                    {link}
                </a>
            </p>
        </Empty>
    }
}

/// Nobody has asked for a file yet.
#[component]
fn NothingYet() -> impl IntoView {
    view! {
        <Empty shape=Shape::Key title="Nobody has asked for a file yet">
            <p>
                "Every grant and every refusal of a session file will stand here a second after it happened: who, which file, "
                "from where, and for a refusal why and what to do about it."
            </p>
            <p class="empty-actions">
                <a class="button" href=paths::RECORDINGS>
                    "Open the Recordings report"
                </a>
            </p>
        </Empty>
    }
}
