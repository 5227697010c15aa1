//! Page `/projects/{id}/trash`: what can still be restored, and what is left of what is gone. Each has pages of its own.

use domain::Permission;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};

use super::api::{RestoreFile, get_project, list_discarded};
use super::views::{DiscardView, DiscardedPage, DiscardedView, ProjectView};
use crate::error::UiError;
use crate::layout::{Frame, Place, load};
use crate::query;
use crate::routes::paths;
use crate::ui::{
    Badge, Icon, Message, PageTitle, Pagination, Shape, Time, Tone, bytes, bytes_exact, count,
    visible,
};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ProjectTrash() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    let cursors = use_query_map().with_untracked(|map| Cursors {
        trash: map.get("trash").unwrap_or_default(),
        deleted: map.get("deleted").unwrap_or_default(),
    });
    view! {
        <Frame place=Place::Projects>
            {
                let viewer = Viewer::current();
                load(gather(id, cursors.clone()), move |gathered| show(gathered, &cursors, &viewer))
            }
        </Frame>
    }
}

/// Where each of the two tables stands; empty at its beginning.
#[derive(Debug, Clone)]
struct Cursors {
    trash: String,
    deleted: String,
}

impl Cursors {
    /// The address of the page with this table elsewhere, and the other where it is.
    fn at(&self, project: &str, is_deleted: bool, cursor: &str) -> String {
        let (trash, deleted, anchor) = if is_deleted {
            (self.trash.as_str(), cursor, "tombstones")
        } else {
            (cursor, self.deleted.as_str(), "trash")
        };
        let path = paths::project_trash(project);
        let address = query::address(&path, [("trash", trash), ("deleted", deleted)]);
        format!("{address}#{anchor}")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Gathered {
    project: ProjectView,
    trash: DiscardedPage,
    tombstones: DiscardedPage,
}

async fn gather(id: String, cursors: Cursors) -> Result<Gathered, UiError> {
    Ok(Gathered {
        project: get_project(id.clone()).await?,
        trash: list_discarded(id.clone(), false, cursors.trash).await?,
        tombstones: list_discarded(id, true, cursors.deleted).await?,
    })
}

fn show(gathered: Gathered, cursors: &Cursors, viewer: &Viewer) -> impl IntoView + use<> {
    let Gathered {
        project,
        trash,
        tombstones,
    } = gathered;
    let may_restore = viewer.may(Permission::DeleteFiles);
    let refused = viewer
        .refusal_of::<RestoreFile>()
        .map(|error| error.sentence());
    let id = project.id.clone();
    view! {
        <PageTitle text=format!("Trash · {} · Projects · Reelgate", visible(&project.name)) />
        <p class="back">
            <a href=paths::project(&project.id)>
                <Icon shape=Shape::Left />
                <bdi>{visible(&project.name)}</bdi>
            </a>
        </p>
        <section class="panel" aria-labelledby="trash">
            <h2 id="trash">"Trash"</h2>
            <p class="panel-intro">
                "Files lie here for 30 days. Nobody can open them meanwhile; then their bytes are deleted for good."
            </p>
            <Message text=Signal::stored(refused) />
            <Message text=Signal::stored(trash.problem.clone()) />
            {if trash.files.is_empty() {
                view! { <p class="none">"The trash is empty."</p> }.into_any()
            } else {
                let pages = pages("Pages of the trash", &trash, cursors, &id, false);
                view! {
                    <table class="listing" role="table">
                        <caption class="visually-hidden">"Files in the trash"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"File"</th>
                                <th role="columnheader" scope="col" class="number">"Size"</th>
                                <th role="columnheader" scope="col">"Moved here"</th>
                                <th role="columnheader" scope="col">"Deleted for good"</th>
                                {may_restore
                                    .then(|| {
                                        view! {
                                            <th role="columnheader" scope="col">
                                                <span class="visually-hidden">"Restore"</span>
                                            </th>
                                        }
                                    })}
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {trash
                                .files
                                .into_iter()
                                .map(|file| view! { <TrashRow file=file project=id.clone() may_restore=may_restore /> })
                                .collect_view()}
                        </tbody>
                    </table>
                    {pages}
                }
                    .into_any()
            }}
        </section>
        <section class="panel" aria-labelledby="tombstones">
            <h2 id="tombstones">"Deleted files"</h2>
            <p class="panel-intro">
                "The bytes are gone. What stays says what it was, who deleted it, when and why; an import does not "
                "bring such a file back."
            </p>
            <Message text=Signal::stored(tombstones.problem.clone()) />
            {if tombstones.files.is_empty() {
                view! { <p class="none">"No file of this project was ever deleted."</p> }.into_any()
            } else {
                let pages = pages("Pages of deleted files", &tombstones, cursors, &id, true);
                view! {
                    <table class="listing" role="table">
                        <caption class="visually-hidden">"Deleted files"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"File"</th>
                                <th role="columnheader" scope="col" class="number">"Size"</th>
                                <th role="columnheader" scope="col">"Moved to the trash"</th>
                                <th role="columnheader" scope="col">"Deleted"</th>
                                <th role="columnheader" scope="col">"SHA-256"</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {tombstones
                                .files
                                .into_iter()
                                .map(|file| view! { <TombstoneRow file=file /> })
                                .collect_view()}
                        </tbody>
                    </table>
                    {pages}
                }
                    .into_any()
            }}
        </section>
    }
}

/// The way to the neighbouring pages of a table, and how many files there are in all.
fn pages(
    label: &'static str,
    page: &DiscardedPage,
    cursors: &Cursors,
    project: &str,
    is_deleted: bool,
) -> impl IntoView + use<> {
    let href = |cursor: &str| cursors.at(project, is_deleted, cursor);
    view! {
        <Pagination
            label=label
            previous=page.previous.as_deref().map(href)
            next=page.next.as_deref().map(href)
            total=count(page.total, "file", "files")
        />
    }
}

#[component]
fn TrashRow(file: DiscardedView, project: String, may_restore: bool) -> impl IntoView {
    let label = format!("Restore {}", visible(&file.name));
    let id = file.id.clone();
    view! {
        <tr role="row">
            <NameCell file=file.clone() />
            <td role="cell" class="number"><span title=bytes_exact(file.size)>{bytes(file.size)}</span></td>
            <td role="cell" class="listing-text" data-label="To the trash"><Who discard=file.discard /></td>
            <td role="cell" class="listing-text" data-label="Deleted for good">
                {if file.is_held {
                    view! { <Badge tone=Tone::Violet text="Legal hold" /> }.into_any()
                } else {
                    view! { <Time moment=file.end /> }.into_any()
                }}
            </td>
            {may_restore
                .then(|| {
                    view! {
                        <td role="cell" class="listing-action">
                            <form method="post" action=RestoreFile::PATH>
                                <input type="hidden" name="project" value=project />
                                <input type="hidden" name="file" value=id />
                                <button type="submit" class="button button-small" aria-label=label>
                                    "Restore"
                                </button>
                            </form>
                        </td>
                    }
                })}
        </tr>
    }
}

#[component]
fn TombstoneRow(file: DiscardedView) -> impl IntoView {
    let short: String = file.sha256.chars().take(12).collect();
    view! {
        <tr role="row">
            <NameCell file=file.clone() />
            <td role="cell" class="number"><span title=bytes_exact(file.size)>{bytes(file.size)}</span></td>
            <td role="cell" class="listing-text" data-label="To the trash"><Who discard=file.discard /></td>
            <td role="cell" class="listing-text" data-label="Deleted"><Time moment=file.end /></td>
            <td role="cell" class="listing-text" data-label="SHA-256"><code title=file.sha256>{short} "…"</code></td>
        </tr>
    }
}

#[component]
fn NameCell(file: DiscardedView) -> impl IntoView {
    view! {
        <th role="rowheader" scope="row" class="listing-name">
            <bdi>{visible(&file.name)}</bdi>
            <a class="listing-beside" href=paths::session(&file.session)>
                <bdi>{visible(&file.room)}</bdi>
                " #"
                <bdi>{visible(&file.conference_number)}</bdi>
            </a>
        </th>
    }
}

/// When, by whom and why.
#[component]
pub(crate) fn Who(discard: DiscardView) -> impl IntoView {
    view! {
        <Time moment=discard.at />
        " by "
        {visible(&discard.by)}
        <span class="listing-reason"><bdi>{visible(&discard.reason)}</bdi></span>
    }
}
