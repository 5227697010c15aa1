//! Page `/projects/sessions/{id}`: a session's files one by one, secure or not, to the trash, or on legal hold.

use domain::Permission;
use domain::files::FileState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::api::{DiscardFiles, HoldSession, MarkFile, ReleaseSession, get_session_files};
use super::hold::{HoldPanel, HoldWords, Standing};
use super::state::StateBadges;
use super::trash::Who;
use super::views::{GovernedFileView, HoldView, SessionFilesView};
use super::words::{how_long, who};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{
    Badge, FieldFrame, Icon, Message, Shape, Time, Tone, bytes, bytes_exact, described_by, visible,
};
use crate::viewer::Viewer;

#[component]
pub(crate) fn SessionFilesPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("session").unwrap_or_default());
    view! {
        <Frame place=Place::Projects>
            {
                let viewer = Viewer::current();
                load(get_session_files(id), move |session| show(session, &viewer))
            }
        </Frame>
    }
}

fn show(session: SessionFilesView, viewer: &Viewer) -> impl IntoView + use<> {
    let may_govern = viewer.may(Permission::SetPolicies);
    let may_delete = viewer.may(Permission::DeleteFiles);
    let is_held = session.hold.is_some() || session.project_hold.is_some();
    let refused = viewer
        .refusal_of::<HoldSession>()
        .or_else(|| viewer.refusal_of::<ReleaseSession>());
    let (hold, id) = (session.hold.clone(), session.id.clone());
    view! {
        <Title text=format!(
            "{} #{} · Projects · Reelgate",
            visible(&session.room),
            visible(&session.conference_number),
        ) />
        <p class="back">
            <a href=paths::project(&session.project)>
                <Icon shape=Shape::Left />
                <bdi>{visible(&session.project_name)}</bdi>
            </a>
        </p>
        <Files session=session.clone() may_govern=may_govern />
        {session.project_hold.clone().map(|hold| view! { <ProjectHold hold=hold /> })}
        {may_delete.then(|| view! { <TrashForm session=session is_held=is_held /> })}
        {(may_govern || hold.is_some())
            .then(|| {
                view! {
                    <HoldPanel
                        hold=hold
                        field="session"
                        id=id
                        may_govern=may_govern
                        words=HoldWords::SESSION
                        place=HoldSession::PATH
                        lift=ReleaseSession::PATH
                        refused=refused
                    />
                }
            })}
    }
}

#[component]
fn Files(session: SessionFilesView, may_govern: bool) -> impl IntoView {
    let refused = Viewer::current()
        .refusal_of::<MarkFile>()
        .map(|error| error.sentence());
    let is_open_project = !session.policy.is_secure;
    let is_held = session.hold.is_some() || session.project_hold.is_some();
    let id = session.id.clone();
    view! {
        <section class="panel panel-wide" aria-labelledby="files">
            <h2 id="files" class="panel-title">
                <bdi>{visible(&session.room)}</bdi>
                <span class="panel-number">"#"<bdi>{visible(&session.conference_number)}</bdi></span>
                {is_held.then(|| view! { <Badge tone=Tone::Violet text="Legal hold" /> })}
            </h2>
            <dl class="facts">
                <div>
                    <dt>"Session"</dt>
                    <dd>"From " <Time moment=session.started /> " to " <Time moment=session.ended /></dd>
                </div>
                <div>
                    <dt>"Who can open files"</dt>
                    <dd>{who(&session.policy)}</dd>
                </div>
                <div>
                    <dt>"Kept"</dt>
                    <dd>{how_long(&session.policy)}</dd>
                </div>
            </dl>
            <Message text=Signal::stored(refused) />
            <table class="listing" role="table">
                <caption class="visually-hidden">"Files of the session"</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"File"</th>
                        <th role="columnheader" scope="col" class="number">"Size"</th>
                        <th role="columnheader" scope="col">"Now"</th>
                        {may_govern
                            .then(|| {
                                view! {
                                    <th role="columnheader" scope="col">
                                        <span class="visually-hidden">"Mark"</span>
                                    </th>
                                }
                            })}
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {session
                        .files
                        .into_iter()
                        .map(|file| {
                            view! {
                                <FileLine
                                    file=file
                                    session=id.clone()
                                    may_govern=may_govern
                                    is_open_project=is_open_project
                                />
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </section>
    }
}

#[component]
fn FileLine(
    file: GovernedFileView,
    session: String,
    may_govern: bool,
    is_open_project: bool,
) -> impl IntoView {
    let name = visible(&file.name);
    let is_there = file.state == FileState::There;
    let label = if file.is_secure {
        format!("Remove the mark of {name}")
    } else {
        format!("Mark {name} secure")
    };
    // In a secure project the mark changes nothing, so it is only offered where one is to be taken away.
    let has_button = file.discard.is_none() && (file.is_secure || is_open_project);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                {if is_there {
                    view! { <a href=file.path target="_blank" rel="noopener"><bdi>{name}</bdi></a> }.into_any()
                } else {
                    view! { <bdi>{name}</bdi> }.into_any()
                }}
                {file.is_secure.then(|| view! { <Badge tone=Tone::Green text="Marked secure" /> })}
            </th>
            <td role="cell" class="number"><span title=bytes_exact(file.size)>{bytes(file.size)}</span></td>
            <td role="cell" class="listing-text">
                {match file.discard {
                    Some(discard) => view! { <StateBadges state=file.state /> " " <Who discard=discard /> }.into_any(),
                    None if file.is_open => view! { <Badge tone=Tone::Amber text="Open to anyone" /> }.into_any(),
                    None if is_there => "Needs a sign-in or the access password".into_any(),
                    None => view! { <StateBadges state=file.state /> }.into_any(),
                }}
            </td>
            {may_govern
                .then(|| {
                    view! {
                        <td role="cell" class="listing-action">
                            {has_button
                                .then(|| {
                                    view! {
                                        <form method="post" action=MarkFile::PATH>
                                            <input type="hidden" name="session" value=session />
                                            <input type="hidden" name="file" value=file.id />
                                            <input type="hidden" name="is_secure" value=(!file.is_secure).to_string() />
                                            <button type="submit" class="button button-small" aria-label=label>
                                                {if file.is_secure { "Remove mark" } else { "Mark secure" }}
                                            </button>
                                        </form>
                                    }
                                })}
                        </td>
                    }
                })}
        </tr>
    }
}

/// A hold on the whole project is told here, and lifted there.
#[component]
fn ProjectHold(hold: HoldView) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="project-hold">
            <h2 id="project-hold">"Legal hold on the whole project"</h2>
            <Standing hold=hold />
        </section>
    }
}

#[component]
fn TrashForm(session: SessionFilesView, is_held: bool) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<DiscardFiles>();
    let problem_of = |field: &str| refused.as_ref().and_then(|error| error.problem_of(field));
    let (target, reason) = (problem_of("target"), problem_of("reason"));
    let message = refused.and_then(|error| error.message_for(&["target", "reason"]));
    let rest: Vec<_> = session
        .files
        .into_iter()
        .filter(|file| file.discard.is_none())
        .collect();
    let content = if is_held {
        view! { <p>"A legal hold stands: nothing of this session can be deleted until it is lifted."</p> }.into_any()
    } else if rest.is_empty() {
        view! { <p>"No file is left to move."</p> }.into_any()
    } else {
        view! {
            <form class="form" method="post" action=DiscardFiles::PATH>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="session" value=session.id />
                <TargetField files=rest problem=target />
                <ReasonField problem=reason />
                <button type="submit" class="button button-danger">
                    "Move to the trash"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="discard">
            <h2 id="discard">"Delete"</h2>
            <p class="panel-intro">
                "Nobody can open a file in the trash, and it can be restored for 30 days. Then its bytes are deleted for "
                "good, and a record stays of who did it, when and why."
            </p>
            {content}
        </section>
    }
}

#[component]
fn TargetField(files: Vec<GovernedFileView>, problem: Option<String>) -> impl IntoView {
    let all = format!("All {} files of the session", files.len());
    view! {
        <FieldFrame name="target" label="What" problem=Signal::stored(problem)>
            <select id="target" name="target" aria-describedby=described_by("target", false)>
                <option value="">"Choose"</option>
                {files
                    .iter()
                    .map(|file| view! { <option value=file.id.clone()>{visible(&file.name)}</option> })
                    .collect_view()}
                {(files.len() > 1).then(|| view! { <option value="all">{all}</option> })}
            </select>
        </FieldFrame>
    }
}

#[component]
fn ReasonField(problem: Option<String>) -> impl IntoView {
    let is_wrong = problem.is_some();
    view! {
        <FieldFrame
            name="reason"
            label="Reason"
            hint="Kept with the record for good: name no person here."
            problem=Signal::stored(problem)
        >
            <input
                type="text"
                id="reason"
                name="reason"
                autocomplete="off"
                aria-required="true"
                aria-describedby=described_by("reason", true)
                aria-invalid=is_wrong.then_some("true")
            />
        </FieldFrame>
    }
}
