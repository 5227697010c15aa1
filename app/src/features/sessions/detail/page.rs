//! Page `/video/insights/recordings/{session}`: one session in full.

use domain::Permission;
use domain::sessions::detail::SessionDetail as Session;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::address::Address;
use super::api::{DescribeSession, Opened, open_session};
use super::description::DescriptionForm;
use super::files::FileTable;
use super::gaps::Gaps;
use super::governance::Governance;
use super::playback::Playback;
use super::player::Player;
use super::script::Scripts;
use super::timeline::Timeline;
use crate::error::UiError;
use crate::features::projects::{SessionFilesView, get_session_files};
use crate::features::sessions::table::{Length, Size};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Icon, PageTitle, Shape, Time, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn SessionDetail() -> impl IntoView {
    let session = use_params_map().with_untracked(|map| map.get("session")?.parse().ok());
    let address =
        session.map(|session| use_query_map().with_untracked(|query| Address::of(session, query)));
    view! {
        <Frame place=Place::Recordings>
            {
                let viewer = Viewer::current();
                let loading = async move {
                    let session = session.ok_or(UiError::NotFound)?;
                    let governed = get_session_files(session.to_string()).await?;
                    Ok((open_session(session).await?, governed))
                };
                load(loading, move |(opened, governed)| address.map(|address| show(opened, governed, address, viewer)))
            }
        </Frame>
    }
}

fn show(
    opened: Opened,
    governed: SessionFilesView,
    address: Address,
    viewer: Viewer,
) -> impl IntoView {
    let Opened {
        session,
        account,
        started,
        zone,
    } = opened;
    let playing = address.choose(&session.files).cloned();
    // Links keep the recording that is played, whether or not the address named it.
    let address = Address {
        file: playing.as_ref().map(|file| file.id),
        ..address
    };
    let name = called(&session);
    view! {
        <PageTitle text=format!("{name} · Recordings · Reelgate") />
        <article class="session" aria-labelledby="session-title">
            <SessionHeader session=session.clone() viewer=viewer.clone()>
                <Time moment=started />
                <span class="visually-hidden">", times in " {zone.replace('_', " ")}</span>
            </SessionHeader>
            <Gaps gaps=session.gaps.clone() />
            <div class="session-stage">
                <Player
                    session=session.clone()
                    playing=playing.clone()
                    address=address.clone()
                    account=account
                    public_url=viewer.public_url.clone()
                />
                <Scripts
                    session=session.clone()
                    playing=playing.clone()
                    address=address.clone()
                    account=account
                />
            </div>
            <Timeline session=session.clone() playing=playing.clone() address=address.clone() account=account />
            <FileTable
                files=session.files
                playing=playing.map(|file| file.id)
                address=address
                account=account
                governed=governed.clone()
                viewer=viewer.clone()
            />
            <Governance session=governed viewer=viewer />
        </article>
        <Playback />
    }
}

/// What the session is called, where and when it was held, and its tags.
#[component]
fn SessionHeader(
    session: Session,
    viewer: Viewer,
    /// When it began.
    children: Children,
) -> impl IntoView {
    let name = called(&session);
    let room = visible(&session.room);
    // Where the heading says something else.
    let rooms: Vec<(&str, String)> = match room_name(&session) {
        Some(room_name) => vec![("Room", room_name), ("Room id", room)],
        None => vec![("Room", room)],
    };
    let placeholder = rooms
        .first()
        .map(|(_, room)| room.clone())
        .unwrap_or_default();
    let rooms = rooms
        .into_iter()
        .filter(|(_, room)| *room != name)
        .map(|(label, room)| {
            view! {
                <div>
                    <dt>{label}</dt>
                    <dd><bdi>{room}</bdi></dd>
                </div>
            }
        })
        .collect_view();
    let refused = viewer.refusal_of::<DescribeSession>();
    let is_refused = refused.is_some();
    let form = viewer.may(Permission::EditSessions).then(|| {
        view! {
            <details class="session-edit" open=is_refused>
                <summary class="button button-small">
                    <Icon shape=Shape::Edit />
                    "Edit title and tags"
                </summary>
                <DescriptionForm
                    session=session.id
                    title=session.title.clone().unwrap_or_default()
                    tags=session.tags.join(", ")
                    room=placeholder
                    refused=refused
                />
            </details>
        }
    });
    view! {
        <header class="session-header">
            <p class="session-back">
                <a href=paths::RECORDINGS>
                    <Icon shape=Shape::Left />
                    "All recordings"
                </a>
            </p>
            <div class="session-heading">
                <h2 id="session-title"><bdi>{name}</bdi></h2>
                {form}
            </div>
            <dl class="session-facts">
                {rooms}
                <div>
                    <dt>"Conference"</dt>
                    <dd class="session-number"><bdi>{visible(&session.conference_number)}</bdi></dd>
                </div>
                <div>
                    <dt>"Project"</dt>
                    <dd><bdi>{visible(&session.project_name)}</bdi></dd>
                </div>
                <div>
                    <dt>"Began"</dt>
                    <dd>{children()}</dd>
                </div>
                <div>
                    <dt>"Duration"</dt>
                    <dd><Length ms=session.duration_ms /></dd>
                </div>
                <div>
                    <dt>"Size"</dt>
                    <dd><Size bytes=session.size /></dd>
                </div>
                <Tags tags=session.tags.clone() />
            </dl>
        </header>
    }
}

/// Its title; without one the room's name, as the metadata has it, or the room itself.
fn called(session: &Session) -> String {
    let title = session.title.as_deref().map(visible);
    title
        .or_else(|| room_name(session))
        .unwrap_or_else(|| visible(&session.room))
}

fn room_name(session: &Session) -> Option<String> {
    let name = session.metadata.as_ref()?.room_name.as_deref()?;
    Some(visible(name))
}

#[component]
fn Tags(tags: Vec<String>) -> impl IntoView {
    (!tags.is_empty()).then(|| {
        let tags = tags
            .iter()
            .map(|tag| view! { <li class="badge badge-grey"><bdi>{visible(tag)}</bdi></li> })
            .collect_view();
        view! {
            <div>
                <dt>"Tags"</dt>
                <dd>
                    <ul class="session-tags">{tags}</ul>
                </dd>
            </div>
        }
    })
}
