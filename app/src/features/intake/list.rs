//! Page `/projects/{id}/intake`: where a project's recordings come from, and how each source is doing.

use domain::Permission;
use domain::intake::SourceKind;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::list_sources;
use super::health::{LastRecording, LightBadge, Troubles};
use super::views::{IntakeView, SourceView};
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Empty, Icon, PageTitle, Shape, Warning, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn Intake() -> impl IntoView {
    let project = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageIntake) {
                load(list_sources(project), show).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

/// For those who may not set up sources.
#[component]
pub(super) fn NotForYou() -> impl IntoView {
    respond_with(&UiError::Forbidden);
    view! {
        <PageTitle text="Intake · Projects · Reelgate" />
        <Empty shape=Shape::Lock title="Intake is not for your role">
            <p>"Owners, admins and developers of the account set up where recordings come in from."</p>
        </Empty>
    }
}

fn show(found: IntakeView) -> impl IntoView {
    let IntakeView {
        project,
        project_name,
        is_archived,
        sources,
    } = found;
    let is_empty = sources.is_empty();
    let new = paths::new_source(&project, None);
    view! {
        <PageTitle text=format!("Intake · {} · Projects · Reelgate", visible(&project_name)) />
        <p class="back">
            <a href=paths::project(&project)>
                <Icon shape=Shape::Left />
                <bdi>{visible(&project_name)}</bdi>
            </a>
        </p>
        {is_archived.then(|| view! { <Warning>"This project is archived: nothing is taken in for it."</Warning> })}
        {if is_empty {
            view! {
                <Empty shape=Shape::Download title="Nothing comes in by itself yet">
                    <p>
                        "Tell Reelgate who records, and it fetches each recording as soon as it is announced, before the "
                        "recorder deletes its copy."
                    </p>
                </Empty>
                <KindChoice project=project />
            }
                .into_any()
        } else {
            view! {
                <section class="panel" aria-labelledby="intake">
                    <div class="panel-head">
                        <h2 id="intake">"Intake"</h2>
                        <a class="button button-primary" href=new>
                            "Add a source"
                        </a>
                    </div>
                    <p class="panel-intro">
                        "Each source announces its recordings, or leaves them in a folder. Files are fetched as soon as "
                        "they are known, and tried again until their sender deletes them."
                    </p>
                    <table class="listing" role="table">
                        <caption class="visually-hidden">"Sources of this project"</caption>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Source"</th>
                                <th role="columnheader" scope="col">"State"</th>
                                <th role="columnheader" scope="col">"Last recording"</th>
                                <th role="columnheader" scope="col">"Problems"</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {sources.into_iter().map(|source| view! { <Row source=source /> }).collect_view()}
                        </tbody>
                    </table>
                </section>
            }
                .into_any()
        }}
    }
}

#[component]
fn Row(source: SourceView) -> impl IntoView {
    let health = source.health.clone();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                <a href=paths::source(&source.project, &source.id)><bdi>{visible(&source.name)}</bdi></a>
                <span class="listing-beside">{source.kind.label()}</span>
            </th>
            <td role="cell" data-label="State">
                <LightBadge light=health.light />
            </td>
            <td role="cell" class="listing-text" data-label="Last recording">
                <LastRecording health=health.clone() />
            </td>
            <td role="cell" class="listing-text" data-label="Problems">
                <Troubles health=health />
            </td>
        </tr>
    }
}

/// One link for each kind of source.
#[component]
pub(super) fn KindChoice(project: String) -> impl IntoView {
    let card = move |kind: SourceKind| {
        view! {
            <li>
                <a class="sender" href=paths::new_source(&project, Some(kind))>
                    <strong>{kind.label()}</strong>
                    <span>{what(kind)}</span>
                </a>
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="kinds">
            <h2 id="kinds">"Who records?"</h2>
            <ul class="senders">{SourceKind::ALL.map(card).collect_view()}</ul>
        </section>
    }
}

const fn what(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Livekit => {
            "Webhooks of a LiveKit server, signed with its API key. Files from a folder or by HTTP."
        }
        SourceKind::Bigbluebutton => {
            "The recording-ready callback, and the server's API. Takes the video format."
        }
        SourceKind::Vonage => {
            "Archive callbacks. From your bucket's folder or address, or the vendor's cloud in 72 hours."
        }
        SourceKind::Enablex => {
            "The project's webhook, and its archive, asked every five minutes. Kept there for 72 hours."
        }
        SourceKind::Folder => {
            "A folder on the server: Jibri, LiveKit without webhooks, or anything that writes files."
        }
    }
}
