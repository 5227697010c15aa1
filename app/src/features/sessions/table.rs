//! The table of the report: sessions, each with its files beneath it.
//!
//! Roles are written out because narrow screens lay the rows out as cards, and browsers forget the meaning of a
//! table whose parts are laid out as something else.

use domain::files::{FileKind, FileState};
use domain::sessions::SessionOrder;
use leptos::either::Either;
use leptos::prelude::*;

use super::api::{FileRow, SessionRow};
use super::query::ReportQuery;
use super::use_from_program;
use crate::features::projects::StateBadges;
use crate::routes::paths;
use crate::ui::{
    Badge, Icon, Shape, Time, Tone, bytes, bytes_exact, count, duration, iso_duration, visible,
};

#[component]
pub(crate) fn ReportTable(
    rows: Vec<SessionRow>,
    query: ReportQuery,
    order: SessionOrder,
    /// Zone of the times.
    zone: String,
    /// Begins the addresses that are copied.
    public_url: String,
) -> impl IntoView {
    let address = query.relative();
    view! {
        <table class="report" role="table" data-origin=public_url>
            <caption class="visually-hidden">"Recordings, grouped by session. Times are in " {zone}"."</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Session"</th>
                    <th role="columnheader" scope="col">"Project"</th>
                    <th role="columnheader" scope="col">"Kind"</th>
                    <DateHeader query=query.clone() order=order />
                    <OrderHeader
                        label="Duration"
                        by=SessionOrder::Longest
                        href=query.sorted(SessionOrder::Longest)
                        order=order
                    />
                    <OrderHeader
                        label="Size"
                        by=SessionOrder::Largest
                        href=query.sorted(SessionOrder::Largest)
                        order=order
                    />
                    <th role="columnheader" scope="col" class="report-links">"File links"</th>
                </tr>
            </thead>
            {rows
                .into_iter()
                .map(|row| view! { <SessionRows row=row address=address.clone() /> })
                .collect_view()}
        </table>
    }
}

/// Dates sort both ways; the rest only has its largest first.
#[component]
fn DateHeader(query: ReportQuery, order: SessionOrder) -> impl IntoView {
    let (sorting, other) = match order {
        SessionOrder::Newest => (Some("descending"), SessionOrder::Oldest),
        SessionOrder::Oldest => (Some("ascending"), SessionOrder::Newest),
        SessionOrder::Longest | SessionOrder::Largest => (None, SessionOrder::Newest),
    };
    view! {
        <th role="columnheader" scope="col" aria-sort=sorting>
            <a href=query.sorted(other)>"Date" <Icon shape=Shape::Down /></a>
        </th>
    }
}

#[component]
fn OrderHeader(
    label: &'static str,
    by: SessionOrder,
    href: String,
    order: SessionOrder,
) -> impl IntoView {
    view! {
        <th role="columnheader" scope="col" class="number" aria-sort=(order == by).then_some("descending")>
            <a href=href>{label} <Icon shape=Shape::Down /></a>
        </th>
    }
}

#[component]
fn SessionRows(row: SessionRow, address: String) -> impl IntoView {
    let files = u64::try_from(row.files.len()).unwrap_or(u64::MAX);
    let called = visible(row.title.as_ref().unwrap_or(&row.room));
    let room = row.title.is_some().then(|| visible(&row.room));
    let number = visible(&row.conference_number);
    view! {
        <tbody role="rowgroup">
            <tr role="row" class="report-session">
                <th role="rowheader" scope="rowgroup" class="report-name">
                    <input
                        type="checkbox"
                        form="archive"
                        name="session"
                        value=row.id.to_string()
                        aria-label=format!("Choose all files of {called}, {number}")
                    />
                    {row.has_poster
                        .then(|| view! { <img class="report-poster" src=paths::poster(row.id) alt="" width="64" height="36" loading="lazy" /> })}
                    <span class="report-called">
                        <a href=paths::session(row.id)><bdi>{called}</bdi></a>
                        {room.map(|room| view! { <bdi class="report-room">{room}</bdi> })}
                        <span class="report-number"><span class="visually-hidden">", conference "</span>"#"<bdi>{number}</bdi></span>
                        {row.tags.iter().map(|tag| view! { <bdi class="report-tag">{visible(tag)}</bdi> }).collect_view()}
                    </span>
                </th>
                <td role="cell" class="report-project"><bdi>{visible(&row.project)}</bdi></td>
                <td role="cell" class="report-kind">{count(files, "file", "files")}</td>
                <td role="cell" class="report-date">
                    <Time moment=row.started />
                </td>
                <td role="cell" class="number"><Length ms=row.duration_ms /></td>
                <td role="cell" class="number"><Size bytes=row.size /></td>
                <td role="cell" class="report-links"></td>
            </tr>
            {row.files
                .into_iter()
                .map(|file| view! { <FileRows file=file address=address.clone() /> })
                .collect_view()}
        </tbody>
    }
}

/// Every byte and every element of a file's row counts some hundred times on a page: icons are drawn by the style
/// sheet, the button that copies takes the address from the row's link, and what a row says is said once.
#[component]
fn FileRows(file: FileRow, address: String) -> impl IntoView {
    let name = visible(&file.name);
    let id = file.id.to_string();
    let dimensions = file
        .dimensions
        .map(|(width, height)| view! { <span class="report-dimensions">{format!("{width} × {height}")}</span> });
    // What is gone has no address to open: the gate would only say so.
    let is_there = file.state == FileState::There;
    let links = is_there.then(|| {
        view! {
            <a class="button" href=format!("{}?download", file.path) aria-label=format!("Download {name}")>
                "Download"
            </a>
            <button type="button" class="button scripted" data-copy="" aria-label=format!("Copy address of {name}")>
                "Copy address"
            </button>
            <a class="button" href=use_from_program::href(&address, &id) aria-label=format!("Use {name} from a program")>
                "Use"
            </a>
        }
    });
    view! {
        <tr role="row" class="report-file">
            <th role="rowheader" scope="row" class="report-name" colspan="2">
                <input
                    type="checkbox"
                    form="archive"
                    name="file"
                    value=id
                    disabled=!is_there
                    aria-label=format!("Choose {name}")
                />
                {if is_there {
                    Either::Left(view! { <a href=file.path target="_blank"><bdi>{name}</bdi></a> })
                } else {
                    Either::Right(view! { <bdi>{name}</bdi> })
                }}
                {dimensions}
                <StateBadges state=file.state is_held=file.is_held />
                {file
                    .open_until
                    .map(|until| view! { <span class="badge badge-amber">"Open to anyone until " <Time moment=until /></span> })}
            </th>
            <td role="cell" class="report-kind" colspan="2"><Badge tone=tone(file.kind) text=kind_name(file.kind) /></td>
            <td role="cell" class="number">{file.duration_ms.map(duration)}</td>
            <td role="cell" class="number" title=bytes_exact(file.size)>{bytes(file.size)}</td>
            <td role="cell" class="report-links">{links}</td>
        </tr>
    }
}

#[component]
pub(super) fn Length(ms: u64) -> impl IntoView {
    view! { <time datetime=iso_duration(ms)>{duration(ms)}</time> }
}

#[component]
pub(super) fn Size(bytes: u64) -> impl IntoView {
    view! { <span title=bytes_exact(bytes)>{self::bytes(bytes)}</span> }
}

/// The kind in a word.
pub(crate) const fn kind_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Individual => "Individual",
        FileKind::Live => "Live",
        FileKind::Transcoded => "Transcoded",
        FileKind::Chat => "Chat",
        FileKind::Metadata => "Metadata",
        FileKind::Captions => "Captions",
        FileKind::Log => "Log",
    }
}

pub(crate) const fn tone(kind: FileKind) -> Tone {
    match kind {
        FileKind::Individual => Tone::Blue,
        FileKind::Live => Tone::Green,
        FileKind::Transcoded => Tone::Violet,
        FileKind::Chat | FileKind::Metadata | FileKind::Captions | FileKind::Log => Tone::Grey,
    }
}
