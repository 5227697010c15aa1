//! The table of the log: one row for each request.
//!
//! Roles are written out because narrow screens lay the rows out as cards, and browsers forget the meaning of a
//! table whose parts are laid out as something else.

use domain::access_log::report::Entry;
use domain::access_log::{CallerKind, Reason};
use leptos::prelude::*;

use super::api::EntryRow;
use super::query::AccessQuery;
use super::words;
use crate::routes::paths;
use crate::ui::{Badge, Icon, Shape, Time, Tone, bytes, bytes_exact, visible};

#[component]
pub(super) fn LogTable(rows: Vec<EntryRow>, query: AccessQuery, zone: String) -> impl IntoView {
    view! {
        <table class="log" role="table">
            <caption class="visually-hidden">"Requests for session files, newest first. Times are in " {zone} "."</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Time"</th>
                    <th role="columnheader" scope="col">"Outcome"</th>
                    <th role="columnheader" scope="col">"File"</th>
                    <th role="columnheader" scope="col">"Caller"</th>
                    <th role="columnheader" scope="col">"From"</th>
                    <th role="columnheader" scope="col" class="number">"Sent"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {rows.into_iter().map(|row| view! { <LogRow row=row query=query.clone() /> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn LogRow(row: EntryRow, query: AccessQuery) -> impl IntoView {
    let EntryRow {
        occurred,
        entry,
        path,
    } = row;
    let request = format!("{} {}", visible(&entry.method), entry.status);
    view! {
        <tr role="row">
            <td role="cell" class="log-time">
                <Time moment=occurred />
            </td>
            <td role="cell" class="log-outcome">
                <OutcomeOf entry=entry.clone() query=query.clone() />
            </td>
            <td role="cell" class="log-file">
                <FileOf entry=entry.clone() path=path query=query.clone() />
            </td>
            <td role="cell" class="log-caller">
                <CallerOf entry=entry.clone() query=query.clone() />
            </td>
            <td role="cell" class="log-from">
                <ClientOf entry=entry.clone() query=query />
            </td>
            <td role="cell" class="number log-sent">
                <span title=bytes_exact(entry.bytes_sent)>{bytes(entry.bytes_sent)}</span>
                <small>{request}</small>
            </td>
        </tr>
    }
}

#[component]
fn OutcomeOf(entry: Entry, query: AccessQuery) -> impl IntoView {
    let Some(text) = entry.reason else {
        return view! { <Badge tone=Tone::Green text="Granted" /> }.into_any();
    };
    let (title, advice) = match Reason::parse(&text) {
        Some(reason) => (words::title(reason).to_owned(), words::advice(reason)),
        // A newer version of the program wrote it.
        None => (visible(&text), ""),
    };
    let href = query.narrowed(|query| query.outcome.clone_from(&text));
    view! {
        <Badge tone=Tone::Red text="Refused" />
        <details>
            <summary>{title.clone()}</summary>
            <p>{advice}</p>
            <p>
                <a href=href>"Show all like this"<span class="visually-hidden">": " {title}</span></a>
            </p>
        </details>
    }
    .into_any()
}

#[component]
fn FileOf(entry: Entry, path: Option<String>, query: AccessQuery) -> impl IntoView {
    let Some(file) = entry.file else {
        return view! { <span class="log-nothing">"No file"</span> }.into_any();
    };
    let name = visible(&entry.file_name.unwrap_or_default());
    let only = query.narrowed(|query| query.file = file.to_string());
    let session = entry.session.zip(entry.call).map(|(id, (room, number))| {
        view! {
            <small>
                <a href=paths::session(id)>
                    <bdi>{visible(&room)}</bdi>
                    " #"
                    <bdi>{visible(&number)}</bdi>
                </a>
            </small>
        }
    });
    view! {
        <span class="log-name">
            {match path {
                Some(path) => {
                    view! {
                        <a href=path target="_blank" rel="noopener">
                            <bdi>{name.clone()}</bdi>
                        </a>
                    }
                        .into_any()
                }
                None => view! { <bdi class="log-nothing">{name.clone()}</bdi> }.into_any(),
            }} <a class="log-only" href=only aria-label=format!("Show only requests for {name}") title="Only this file">
                <Icon shape=Shape::Search />
            </a>
        </span>
        {session}
    }
    .into_any()
}

#[component]
fn CallerOf(entry: Entry, query: AccessQuery) -> impl IntoView {
    let kind = CallerKind::parse(&entry.caller_kind);
    let name = match (&entry.caller_name, kind) {
        (Some(name), _) => visible(name),
        (None, Some(CallerKind::Nobody)) => "Nobody known".to_owned(),
        (None, Some(CallerKind::Member)) => "A member of another account".to_owned(),
        (None, Some(CallerKind::Credential)) => "Another credential".to_owned(),
        (None, Some(CallerKind::Application)) => "An application of another account".to_owned(),
        (None, Some(CallerKind::ServiceAccount)) => {
            "A service account of another account".to_owned()
        }
        (None, None) => visible(&entry.caller_kind),
    };
    let chosen = entry
        .caller
        .map_or_else(|| "none".to_owned(), |id| id.to_string());
    let href = query.narrowed(|query| query.caller = chosen);
    view! {
        <a href=href title="Only this caller">
            <bdi>{name}</bdi>
        </a>
        <small>{visible(words::proof(&entry.proof))}</small>
    }
}

#[component]
fn ClientOf(entry: Entry, query: AccessQuery) -> impl IntoView {
    let href = query.narrowed(|query| query.address.clone_from(&entry.client_address));
    view! {
        <a href=href title="Only this address">
            {entry.client_address}
        </a>
        {entry
            .user_agent
            .map(|client| {
                let client = visible(&client);
                view! {
                    <small class="log-client" title=client.clone()>
                        <bdi>{client.clone()}</bdi>
                    </small>
                }
            })}
    }
}
