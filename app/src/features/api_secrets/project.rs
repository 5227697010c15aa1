//! Page `/account/api/:project`: one project's identifier, secrets and ready commands. Right after a secret was made, the
//! secret too.

use domain::Permission;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::{RevokeApiSecret, get_project_api};
use super::commands::Commands;
use super::once::Once;
use super::overview::NotForYou;
use super::secrets::{Identifier, Secrets, Shown};
use super::views::ProjectApiView;
use crate::answer::Answer;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Icon, Message, PageTitle, Shape, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ApiProject() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    view! {
        <Frame place=Place::Api>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ManageApi) {
                    load(get_project_api(id), move |found| show(found, &viewer)).into_any()
                } else {
                    view! { <NotForYou /> }.into_any()
                }
            }
        </Frame>
    }
}

fn show(found: ProjectApiView, viewer: &Viewer) -> impl IntoView + use<> {
    let project = found.project;
    let made = match &viewer.answer {
        Some(Answer::ApiSecret(made)) if made.project.to_string() == project.id => {
            Some(made.clone())
        }
        _ => None,
    };
    let not_revoked = viewer.refusal_of::<RevokeApiSecret>();
    let name = visible(&project.name);
    view! {
        <PageTitle text=format!("{name} · API · Account · Reelgate") />
        <Back />
        <Message text=Signal::stored(not_revoked.map(|error| error.sentence())) />
        {made.map(|made| view! { <Once made=made /> })}
        <section class="panel" aria-labelledby="project">
            <div class="panel-head">
                <h2 id="project" class="panel-title">
                    <bdi>{name}</bdi>
                    {project.is_archived.then(|| view! { <Badge tone=Tone::Grey text="Archived" /> })}
                </h2>
                <div class="panel-actions">
                    <a class="button" href=paths::project(&project.id)>
                        "The project"
                    </a>
                    <a class="button button-primary" href=paths::new_api_secret(&project.id)>
                        "Make a secret"
                    </a>
                </div>
            </div>
            <p class="identifier-line">
                <span class="identifier-label">"API identifier"</span>
                <Identifier identifier=project.identifier.clone() />
            </p>
            <Secrets project=project shown=Shown::Project />
        </section>
        <Commands commands=found.commands keep_in_file=found.keep_in_file />
    }
}

/// The way back to the page of all projects.
#[component]
pub(super) fn Back() -> impl IntoView {
    view! {
        <p class="back">
            <a href=paths::API>
                <Icon shape=Shape::Left />
                "All projects' API access"
            </a>
        </p>
    }
}
