//! Page `/projects/{id}/intake/{source}`: how one source is doing, what it told, and what came of it.

use domain::Permission;
use domain::intake::Light;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{RemoveSource, get_source};
use super::forms::Back;
use super::health::{LastRecording, LightBadge};
use super::items::{Events, Files};
use super::list::NotForYou;
use super::snippets::SetUp;
use super::views::{DetailView, SourceView};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Confirm, PageTitle, Time, grouped, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn OneSource() -> impl IntoView {
    let source = use_params_map().with_untracked(|map| map.get("source").unwrap_or_default());
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageIntake) {
                load(get_source(source), show).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

fn show(detail: DetailView) -> impl IntoView {
    let DetailView {
        project_name,
        source,
        receiver,
        items,
        events,
        ..
    } = detail;
    let (project, id) = (source.project.clone(), source.id.clone());
    let title = format!(
        "{} · Intake · {} · Reelgate",
        visible(&source.name),
        visible(&project_name)
    );
    let has_receiver = receiver.is_some();
    let is_new = source.health.light == Light::New;
    let failed = source.health.failed;
    let files =
        view! { <Files items=items project=project.clone() source=id.clone() failed=failed /> };
    let set_up =
        view! { <SetUp kind=source.kind receiver=receiver settings=source.settings.clone() /> };
    view! {
        <PageTitle text=title />
        <Back href=paths::intake(&project) label=format!("Intake of {}", visible(&project_name)) />
        <section class="panel" aria-labelledby="source">
            <div class="panel-head">
                <h2 id="source" class="panel-title">
                    <bdi>{visible(&source.name)}</bdi>
                    <LightBadge light=source.health.light />
                </h2>
                <div class="panel-actions">
                    <a class="button" href=paths::source_edit(&project, &id)>
                        "Edit"
                    </a>
                </div>
            </div>
            <Facts source=source.clone() />
        </section>
        {if is_new {
            // What is left to do stands before what has not come yet.
            view! {
                {set_up}
                {files}
            }
                .into_any()
        } else {
            view! {
                {files}
                {set_up}
            }
                .into_any()
        }}
        {has_receiver.then(|| view! { <Events events=events /> })}
        <section class="panel" aria-labelledby="remove">
            <h2 id="remove">"Remove"</h2>
            <p class="panel-intro">"What came from it stays in the vault."</p>
            <Confirm label="Remove this source…">
                <p>
                    "Its calls are refused from now on, its secrets are deleted, and files that it announced and that are not "
                    "here yet are not fetched any more."
                </p>
                <form method="post" action=RemoveSource::PATH>
                    <input type="hidden" name="source" value=id />
                    <button type="submit" class="button button-danger">
                        "Remove for good"
                    </button>
                </form>
            </Confirm>
        </section>
    }
}

#[component]
fn Facts(source: SourceView) -> impl IntoView {
    let health = source.health.clone();
    let asked = source.kind.can_be_polled() || !source.kind.has_receiver();
    let polled = match (health.polled.clone(), health.poll_failure.clone()) {
        (None, _) => "Not yet".into_any(),
        (Some(at), None) => view! { <Time moment=at /> }.into_any(),
        (Some(at), Some(why)) => view! {
            <Time moment=at />
            <span class="listing-reason problem-text">{visible(&why)}</span>
        }
        .into_any(),
    };
    let refused = health.refused.clone().map(|(at, why, from)| {
        view! {
            <div>
                <dt>"Calls refused"</dt>
                <dd>
                    {grouped(health.refusals)}
                    <span class="listing-reason">
                        "The last one "
                        <Time moment=at />
                        {format!(" from {from}: {}.", visible(&why))}
                    </span>
                </dd>
            </div>
        }
    });
    view! {
        <dl class="facts">
            <div>
                <dt>"Kind"</dt>
                <dd>{source.kind.label()}</dd>
            </div>
            <div>
                <dt>"Last recording"</dt>
                <dd>
                    <LastRecording health=health.clone() />
                </dd>
            </div>
            <div>
                <dt>"Files"</dt>
                <dd>
                    {format!(
                        "{} in the vault, {} waiting, {} not fetched",
                        grouped(health.done),
                        grouped(health.waiting),
                        grouped(health.failed),
                    )}
                </dd>
            </div>
            {source
                .kind
                .has_receiver()
                .then(|| {
                    let last = health.last_event.map(|at| view! { <Time moment=at /> });
                    view! {
                        <div>
                            <dt>"Last event"</dt>
                            <dd>{if let Some(last) = last { last.into_any() } else { "None yet".into_any() }}</dd>
                        </div>
                    }
                })}
            {asked
                .then(|| {
                    view! {
                        <div>
                            <dt>{if source.kind.has_receiver() { "Last asked" } else { "Last look" }}</dt>
                            <dd>{polled}</dd>
                        </div>
                    }
                })}
            {refused}
            <div>
                <dt>"Added"</dt>
                <dd>
                    <Time moment=source.created />
                </dd>
            </div>
        </dl>
    }
}
