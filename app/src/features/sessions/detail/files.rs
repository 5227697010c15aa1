//! The files of one session, by kind: how each stands, and what can be done with it.

use domain::Permission;
use domain::accounts::AccountId;
use domain::files::{FileId, FileState, FileSummary, file_path};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::address::{Address, is_playable};
use super::governance::is_markable;
use crate::features::projects::{
    DiscardView, GovernedFileView, MarkFile, RestoreFile, SessionFilesView, StateBadges, Who,
};
use crate::features::sessions::table::{Length, Size, kind_name, tone};
use crate::ui::{Badge, CopyButton, Icon, Message, Shape, Time, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(super) fn FileTable(
    files: Vec<FileSummary>,
    playing: Option<FileId>,
    address: Address,
    account: AccountId,
    governed: SessionFilesView,
    viewer: Viewer,
) -> impl IntoView {
    let refused = viewer
        .refusal_of::<MarkFile>()
        .or_else(|| viewer.refusal_of::<RestoreFile>())
        .map(|error| error.sentence());
    let rows = files
        .into_iter()
        .map(|file| {
            let path = file_path(account, file.id, &file.name);
            let decided = governed.files.iter().find(|found| found.id == file.id);
            let deed = decided.and_then(|decided| deed(decided, &governed, &viewer));
            view! {
                <FileRow
                    is_playing=playing == Some(file.id)
                    play=is_playable(&file).then(|| address.with_file(file.id))
                    url=format!("{}{path}", viewer.public_url)
                    path=path
                    file=file
                    decided=decided.cloned()
                    deed=deed
                />
            }
        })
        .collect_view();
    view! {
        <section class="session-files" aria-labelledby="files-title">
            <h2 id="files-title">"Files"</h2>
            <Message text=Signal::stored(refused) />
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
    decided: Option<GovernedFileView>,
    deed: Option<Deed>,
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
                {decided.map(|decided| view! { <Decided file=decided /> })}
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
                {deed.map(|deed| deed.form(&name))}
            </td>
        </tr>
    }
}

/// Marked secure or open to anyone; in the trash since when, by whom and why.
#[component]
fn Decided(file: GovernedFileView) -> impl IntoView {
    let discard: Option<DiscardView> = file.discard;
    view! {
        {file.is_secure.then(|| view! { <Badge tone=Tone::Green text="Marked secure" /> })}
        {file
            .open_until
            .map(|until| {
                view! {
                    <Badge tone=Tone::Amber text="Open to anyone" />
                    <span class="files-discard">"until " <Time moment=until /></span>
                }
            })}
        {discard.map(|discard| view! { <span class="files-discard">"To the trash " <Who discard=discard /></span> })}
    }
}

/// What one may decide about a file, beside it.
struct Deed {
    session: String,
    file: FileId,
    kind: DeedKind,
}

enum DeedKind {
    Mark,
    Unmark,
    Restore,
}

fn deed(file: &GovernedFileView, session: &SessionFilesView, viewer: &Viewer) -> Option<Deed> {
    let is_markable = is_markable(file.state, file.is_secure, session.policy.is_secure);
    let kind = if file.state == FileState::Trashed && viewer.may(Permission::DeleteFiles) {
        DeedKind::Restore
    } else if is_markable && viewer.may(Permission::SetPolicies) {
        if file.is_secure {
            DeedKind::Unmark
        } else {
            DeedKind::Mark
        }
    } else {
        return None;
    };
    Some(Deed {
        session: session.id.clone(),
        file: file.id,
        kind,
    })
}

impl Deed {
    /// The form with its one button.
    fn form(self, name: &str) -> impl IntoView + use<> {
        let (action, mark, caption, label, shape) = match self.kind {
            DeedKind::Mark => (
                MarkFile::PATH,
                Some("true"),
                "Mark secure",
                format!("Mark {name} secure"),
                Shape::Lock,
            ),
            DeedKind::Unmark => (
                MarkFile::PATH,
                Some("false"),
                "Remove mark",
                format!("Remove the mark of {name}"),
                Shape::Unlock,
            ),
            DeedKind::Restore => (
                RestoreFile::PATH,
                None,
                "Restore",
                format!("Restore {name}"),
                Shape::Restore,
            ),
        };
        view! {
            <form method="post" action=action>
                <input type="hidden" name="session" value=self.session />
                <input type="hidden" name="file" value=self.file.to_string() />
                {mark.map(|mark| view! { <input type="hidden" name="is_secure" value=mark /> })}
                <button type="submit" class="button button-small" aria-label=label>
                    <Icon shape=shape />
                    {caption}
                </button>
            </form>
        }
    }
}
