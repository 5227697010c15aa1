//! Page `/projects/access`: what the gate would answer, file by file, and why.

use domain::access::{Asker, Candidate};
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::api::{Preview, VerdictRow, preview_access};
use super::filter_form::FilterForm;
use super::query::PreviewQuery;
use crate::features::sessions::{kind_name, tone};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{
    Badge, Empty, Icon, Message, PageTitle, Pagination, Shape, Time, Tone, count, visible,
};

#[component]
pub(crate) fn AccessPreview() -> impl IntoView {
    let query = use_query_map().with_untracked(PreviewQuery::of);
    // A form sends its empty fields, too: the address that is shared shall be free of them.
    if use_query_map().with_untracked(|map| map.latest_values().any(|(_, value)| value.is_empty()))
    {
        return view! { <Redirect path=query.page_address() /> }.into_any();
    }
    view! {
        <Frame place=Place::Projects>
            {load(preview_access(query.clone()), move |preview| show(preview, query))}
        </Frame>
    }
    .into_any()
}

fn show(preview: Preview, query: PreviewQuery) -> impl IntoView {
    let (back, label) = if query.project.is_empty() {
        (paths::PROJECTS.to_owned(), "All projects")
    } else {
        (paths::project(&query.project), "The project")
    };
    view! {
        <PageTitle text="Who can open what · Projects · Reelgate" />
        <p class="back">
            <a href=back>
                <Icon shape=Shape::Left />
                {label}
            </a>
        </p>
        <section class="panel preview-head" aria-labelledby="preview">
            <h2 id="preview">"Who can open what"</h2>
            <p class="panel-intro">
                "The gate's own decision for each file, as policies, marks and rights are now. Nothing is opened, and nothing "
                "is written into the access log."
            </p>
            <FilterForm
                query=query.clone()
                candidates=preview.candidates.clone()
                projects=preview.projects.clone()
                problems=preview.problems.clone()
            />
        </section>
        <Rows preview=preview query=query />
    }
}

#[component]
fn Rows(preview: Preview, query: PreviewQuery) -> impl IntoView {
    let cursor_problem = preview
        .problems
        .iter()
        .find(|problem| problem.field == "cursor");
    let message = Signal::stored(cursor_problem.map(|problem| problem.message.clone()));
    let total = count(preview.rows.total, "file", "files");
    let total = if preview.is_more {
        format!("More than {total}")
    } else {
        total
    };
    let is_narrowed = query.narrowings() > 0;
    let opened = preview.rows.items.iter().filter(|row| row.is_yes).count();
    let shown = preview.rows.items.len();
    let summary = format!("{opened} of the {shown} on this page can be opened");
    let (at, is_now) = (preview.at.clone(), preview.is_now);
    let caution = caution(preview.caller.as_ref());
    let ends = preview.caller_ends.clone();
    if shown == 0 {
        return view! {
            <Message text=message />
            <NoFile is_narrowed=is_narrowed />
        }
        .into_any();
    }
    view! {
        <Message text=message />
        <div class="report-bar log-bar">
            <p>
                <strong>{whose(preview.caller.as_ref())}</strong>
                {if is_now { ", now" } else { ", at " }}
                {(!is_now).then(|| view! { <Time moment=at /> })}
                ": "
                {summary}
                "."
            </p>
            <p>"Times in " {preview.zone.replace('_', " ")}</p>
        </div>
        {caution.map(|text| view! { <p class="hint">{text}</p> })}
        {ends.map(|moment| view! { <p class="hint">"Its last key or password ends on " <Time moment=moment />"."</p> })}
        <table class="listing" role="table">
            <caption class="visually-hidden">"Files, and whether this caller can open them"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"File"</th>
                    <th role="columnheader" scope="col">"Kind"</th>
                    <th role="columnheader" scope="col">"Project"</th>
                    <th role="columnheader" scope="col">"Opens"</th>
                    <th role="columnheader" scope="col">"Why"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {preview.rows.items.into_iter().map(|row| view! { <Row row=row /> }).collect_view()}
            </tbody>
        </table>
        <Pagination
            label="Pages of the preview"
            previous=preview.rows.previous.map(|cursor| query.at(&cursor))
            next=preview.rows.next.map(|cursor| query.at(&cursor))
            total=total
        />
    }
    .into_any()
}

#[component]
fn Row(row: VerdictRow) -> impl IntoView {
    let (verdict, colour) = if row.is_yes {
        ("Yes", Tone::Green)
    } else {
        ("No", Tone::Grey)
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                <bdi>{visible(&row.name)}</bdi>
                <a class="listing-beside" href=paths::session(row.session)>
                    <bdi>{visible(&row.session_name)}</bdi>
                    " #"
                    <bdi>{visible(&row.conference_number)}</bdi>
                    ", "
                    <Time moment=row.started />
                </a>
            </th>
            <td role="cell" class="listing-text"><Badge tone=tone(row.kind) text=kind_name(row.kind) /></td>
            <td role="cell" class="listing-text" data-label="Project"><bdi>{visible(&row.project)}</bdi></td>
            <td role="cell" class="listing-text" data-label="Opens"><Badge tone=colour text=verdict /></td>
            <td role="cell" class="listing-text" data-label="Why">
                {row.why}
                {row.moment.map(|moment| view! { " " <Time moment=moment /> })}
                "."
            </td>
        </tr>
    }
}

/// Whose view it is.
fn whose(caller: Option<&Candidate>) -> String {
    match caller {
        None => "Anyone with the address".to_owned(),
        Some(caller) => visible(&caller.name),
    }
}

/// What a preview cannot know of this caller.
fn caution(caller: Option<&Candidate>) -> Option<&'static str> {
    let caller = caller?;
    match caller.asker {
        Asker::Credential(_) if caller.is_bound_to_addresses => Some(
            "This credential is accepted from the addresses on its list only. From any other it is a wrong one, and opens nothing.",
        ),
        Asker::Application(_) => Some(
            "A program reads the files' addresses with its API secret; it opens the bytes by a link, or with an access credential.",
        ),
        _ => None,
    }
}

#[component]
fn NoFile(is_narrowed: bool) -> impl IntoView {
    view! {
        <Empty shape=Shape::Search title="No files here">
            <p>
                {if is_narrowed {
                    "Choose another project or session, or clear the choice."
                } else {
                    "As soon as recordings come in, their files are listed here."
                }}
            </p>
            {is_narrowed
                .then(|| {
                    view! {
                        <p class="empty-actions">
                            <a class="button" href=paths::ACCESS_PREVIEW>
                                "Show all files"
                            </a>
                        </p>
                    }
                })}
        </Empty>
    }
}
