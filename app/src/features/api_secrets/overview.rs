//! Page `/account/api`: identifiers and secrets of all projects, and what limits the APIs.

use domain::Permission;
use leptos::prelude::*;

use super::api::{RevokeApiSecret, SetApiLimits, get_api};
use super::limits::{Limits, Use};
use super::secrets::{Identifier, Secrets, Shown};
use super::views::{ApiView, ProjectSecretsView};
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Empty, Message, Shape, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ApiOverview() -> impl IntoView {
    view! {
        <Frame place=Place::Api>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ManageApi) {
                    load(get_api(), move |found| show(found, &viewer)).into_any()
                } else {
                    view! { <NotForYou /> }.into_any()
                }
            }
        </Frame>
    }
}

fn show(found: ApiView, viewer: &Viewer) -> impl IntoView + use<> {
    let not_revoked = viewer.refusal_of::<RevokeApiSecret>();
    let not_saved = viewer.refusal_of::<SetApiLimits>();
    if let Some(error) = &not_saved {
        respond_with(error);
    }
    view! {
        <Message text=Signal::stored(not_revoked.map(|error| error.sentence())) />
        <Use limits=found.limits.clone() />
        {if found.projects.is_empty() {
            view! { <NoProject may_create=viewer.may(Permission::ManageProjects) /> }.into_any()
        } else {
            found.projects.into_iter().map(|project| view! { <Project project=project /> }).collect_view().into_any()
        }}
        <Limits limits=found.limits refused=not_saved />
    }
}

#[component]
fn Project(project: ProjectSecretsView) -> impl IntoView {
    let title = format!("api-{}", project.id);
    let title_id = title.clone();
    let name = visible(&project.name);
    view! {
        <section class="panel" aria-labelledby=title>
            <div class="panel-head">
                <h2 id=title_id class="panel-title">
                    <a href=paths::api_project(&project.id)>
                        <bdi>{name.clone()}</bdi>
                    </a>
                    {project.is_archived.then(|| view! { <Badge tone=Tone::Grey text="Archived" /> })}
                </h2>
                <div class="panel-actions">
                    <a
                        class="button"
                        href=format!("{}#commands", paths::api_project(&project.id))
                        aria-label=format!("Ready commands of {name}")
                    >
                        "Ready commands"
                    </a>
                    <a
                        class="button"
                        href=paths::new_api_secret(&project.id)
                        aria-label=format!("Make a secret for {name}")
                    >
                        "Make a secret"
                    </a>
                </div>
            </div>
            <p class="identifier-line">
                <span class="identifier-label">"API identifier"</span>
                <Identifier identifier=project.identifier.clone() />
            </p>
            <Secrets project=project shown=Shown::Overview />
        </section>
    }
}

#[component]
fn NoProject(may_create: bool) -> impl IntoView {
    view! {
        <Empty shape=Shape::Folder title="There is no project yet">
            <p>
                "Programs speak to the APIs for one project each, by its API identifier and a secret. Make a project first."
            </p>
            {may_create
                .then(|| {
                    view! {
                        <a class="button button-primary" href=paths::PROJECTS>
                            "Make a project"
                        </a>
                    }
                })}
        </Empty>
    }
}

#[component]
pub(super) fn NotForYou() -> impl IntoView {
    respond_with(&UiError::Forbidden);
    view! {
        <Empty shape=Shape::Key title="Owners, admins and developers look after this">
            <p>
                "Here they make the secrets by which programs speak for a project, and say from where and how often they may. "
                "Ask one of them."
            </p>
        </Empty>
    }
}
