//! The files of one session, by kind.

use domain::accounts::AccountId;
use domain::files::{FileId, FileState, FileSummary, file_path};
use leptos::prelude::*;

use super::address::{Address, is_playable};
use crate::features::projects::StateBadges;
use crate::features::sessions::table::{Length, Size, kind_name, tone};
use crate::routes::paths;
use crate::ui::{Badge, CopyButton, Icon, Shape, visible};

#[component]
pub(super) fn FileTable(
    files: Vec<FileSummary>,
    playing: Option<FileId>,
    address: Address,
    account: AccountId,
    /// Begins the addresses that are copied.
    public_url: String,
) -> impl IntoView {
    let governed = paths::session_files(address.session);
    let rows = files
        .into_iter()
        .map(|file| {
            let path = file_path(account, file.id, &file.name);
            view! {
                <FileRow
                    is_playing=playing == Some(file.id)
                    play=is_playable(&file).then(|| address.with_file(file.id))
                    url=format!("{public_url}{path}")
                    path=path
                    file=file
                />
            }
        })
        .collect_view();
    view! {
        <section class="session-files" aria-labelledby="files-title">
            <div class="session-heading">
                <h2 id="files-title">"Files"</h2>
                <a class="button button-small" href=governed>
                    "Access and retention"
                </a>
            </div>
            <table class="files" role="table">
                <caption class="visually-hidden">"Files of this session"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Name"</th>
                        <th role="columnheader" scope="col">"Kind"</th>
                        <th role="columnheader" scope="col">"Dimensions"</th>
                        <th role="columnheader" scope="col" class="number">"Duration"</th>
                        <th role="columnheader" scope="col" class="number">"Size"</th>
                        <th role="columnheader" scope="col" class="files-links">"File links"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </section>
    }
}

#[component]
fn FileRow(
    file: FileSummary,
    is_playing: bool,
    /// Where it plays; None for text.
    play: Option<String>,
    path: String,
    url: String,
) -> impl IntoView {
    let name = visible(&file.name);
    let dimensions = file
        .dimensions
        .map(|(width, height)| format!("{width} × {height}"));
    // What is gone has no address to open: the gate would only say so.
    let is_there = file.state == FileState::There;
    let first = match play {
        Some(_) if is_playing => view! {
            <span class="files-playing">"In the player"</span>
        }
        .into_any(),
        Some(play) => view! {
            <a class="button button-small" href=play aria-label=format!("Play {name}")>
                <Icon shape=Shape::Play />
                "Play"
            </a>
        }
        .into_any(),
        None => view! {
            <a class="button button-small" href=path.clone() target="_blank" rel="noopener" aria-label=format!("Open {name}")>
                <Icon shape=Shape::Open />
                "Open"
            </a>
        }
        .into_any(),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="files-name">
                {if is_there {
                    view! { <a href=path.clone() target="_blank" rel="noopener"><bdi>{name.clone()}</bdi></a> }.into_any()
                } else {
                    view! { <bdi>{name.clone()}</bdi> }.into_any()
                }}
                <StateBadges state=file.state is_held=file.is_held />
            </th>
            <td role="cell" class="files-kind"><Badge tone=tone(file.kind) text=kind_name(file.kind) /></td>
            <td role="cell" class="files-dimensions">{dimensions}</td>
            <td role="cell" class="number">{file.duration_ms.map(|ms| view! { <Length ms=ms /> })}</td>
            <td role="cell" class="number"><Size bytes=file.size /></td>
            <td role="cell" class="files-links">
                {is_there
                    .then(|| {
                        view! {
                            <span>
                                {first}
                                <a
                                    class="button button-small"
                                    href=format!("{path}?download")
                                    aria-label=format!("Download {name}")
                                >
                                    <Icon shape=Shape::Download />
                                    "Download"
                                </a>
                                <CopyButton text=url label=format!("Copy address of {name}") caption="Copy address" />
                            </span>
                        }
                    })}
            </td>
        </tr>
    }
}
