//! Page `/projects/{id}`: what a project holds, and everything that can be decided about it.

use domain::Permission;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};

use super::access::AccessPanel;
use super::api::{HoldProject, ReleaseProject, forecast_retention, get_project};
use super::hold::ProjectHold;
use super::limits::LimitsPanel;
use super::naming::{ArchivePanel, NamePanel};
use super::retention::{RetentionPanel, RetentionWish};
use super::views::{ForecastView, ProjectView};
use super::words::{how_long, who_with};
use crate::error::UiError;
use crate::features::api_secrets::get_project_identifier;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, CopyButton, Icon, PageTitle, Shape, Time, Tone, bytes, count, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ProjectSettings() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("project").unwrap_or_default());
    let wish = use_query_map().with_untracked(RetentionWish::of);
    view! {
        <Frame place=Place::Projects>
            {
                let viewer = Viewer::current();
                let wish = wish.filter(|_| viewer.may(Permission::SetPolicies));
                let may_manage_api = viewer.may(Permission::ManageApi);
                load(gather(id, wish, may_manage_api), move |gathered| show(gathered, &viewer))
            }
        </Frame>
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Gathered {
    project: ProjectView,
    /// The rule that is tried, and what it would do.
    preview: Option<(RetentionWish, Result<ForecastView, UiError>)>,
    /// The API identifier, and how many secrets are in force, for those who look after them.
    api: Option<(String, u64)>,
}

async fn gather(
    id: String,
    wish: Option<RetentionWish>,
    may_manage_api: bool,
) -> Result<Gathered, UiError> {
    let project = get_project(id.clone()).await?;
    let api = if may_manage_api {
        Some(get_project_identifier(id.clone()).await?)
    } else {
        None
    };
    let preview = match wish {
        Some(wish) => {
            let tried = forecast_retention(
                id,
                wish.retention.clone(),
                wish.hours.clone(),
                wish.deletes_bytes,
            );
            Some((wish, tried.await))
        }
        None => None,
    };
    Ok(Gathered {
        project,
        preview,
        api,
    })
}

fn show(gathered: Gathered, viewer: &Viewer) -> impl IntoView + use<> {
    let Gathered {
        project,
        preview,
        api,
    } = gathered;
    let may_govern = viewer.may(Permission::SetPolicies);
    let may_manage = viewer.may(Permission::ManageProjects);
    let refused = viewer
        .refusal_of::<HoldProject>()
        .or_else(|| viewer.refusal_of::<ReleaseProject>());
    let hold = project.hold.clone();
    let id = project.id.clone();
    view! {
        <Overview project=project.clone() api=api />
        {may_govern
            .then(|| {
                view! {
                    <AccessPanel project=project.clone() />
                    <RetentionPanel project=project.clone() preview=preview />
                    <LimitsPanel project=project.clone() />
                }
            })}
        {(may_govern || hold.is_some())
            .then(|| view! { <ProjectHold hold=hold project=id may_govern=may_govern refused=refused /> })}
        {may_manage
            .then(|| {
                view! {
                    <NamePanel project=project.clone() />
                    <ArchivePanel project=project />
                }
            })}
    }
}

/// The way back, the name, and the facts.
#[component]
fn Overview(
    project: ProjectView,
    /// The API identifier, and how many secrets are in force; None for those who may not see them.
    api: Option<(String, u64)>,
) -> impl IntoView {
    let may_hook = Viewer::current().may(Permission::ManageWebhooks);
    let may_preview = Viewer::current().may(Permission::TestCredentials);
    let may_take_in = Viewer::current().may(Permission::ManageIntake);
    let holdings = project.holdings;
    let held = format!(
        "{} with {}, {}",
        count(holdings.sessions, "session", "sessions"),
        count(holdings.files, "file", "files"),
        bytes(holdings.bytes)
    );
    view! {
        <PageTitle text=format!("{} · Projects · Reelgate", visible(&project.name)) />
        <p class="back">
            <a href=paths::PROJECTS>
                <Icon shape=Shape::Left />
                "All projects"
            </a>
        </p>
        <section class="panel" aria-labelledby="project">
            <h2 id="project" class="panel-title">
                <bdi>{visible(&project.name)}</bdi>
                {project.archived.is_some().then(|| view! { <Badge tone=Tone::Grey text="Archived" /> })}
                {project.hold.is_some().then(|| view! { <Badge tone=Tone::Violet text="Legal hold" /> })}
            </h2>
            <dl class="facts">
                <div>
                    <dt>"Holds"</dt>
                    <dd>{held}</dd>
                </div>
                <div>
                    <dt>"Who can open files"</dt>
                    <dd>{who_with(&project.policy, holdings.secure_files)}</dd>
                </div>
                <div>
                    <dt>"Kept"</dt>
                    <dd>{how_long(&project.policy)}</dd>
                </div>
                <div>
                    <dt>"Created"</dt>
                    <dd><Time moment=project.created /></dd>
                </div>
                {project
                    .archived
                    .map(|at| {
                        view! {
                            <div>
                                <dt>"Archived"</dt>
                                <dd><Time moment=at /></dd>
                            </div>
                        }
                    })}
                {api.map(|(identifier, secrets)| view! { <ApiFact identifier=identifier secrets=secrets project=project.id.clone() /> })}
            </dl>
            <p class="panel-links">
                <a class="button" href=format!("{}?project={}", paths::RECORDINGS, project.id)>
                    "Recordings"
                </a>
                {may_take_in
                    .then(|| {
                        view! {
                            <a class="button" href=paths::intake(&project.id)>
                                "Intake"
                            </a>
                        }
                    })}
                {may_preview
                    .then(|| {
                        view! {
                            <a class="button" href=paths::project_access(&project.id)>
                                "Who can open what"
                            </a>
                        }
                    })}
                {may_hook
                    .then(|| {
                        view! {
                            <a class="button" href=paths::webhooks(&project.id)>
                                "Webhooks"
                            </a>
                        }
                    })}
                <a class="button" href=paths::project_trash(&project.id)>
                    "Trash and deleted files"
                </a>
            </p>
        </section>
    }
}

/// What programs call the project by, and the way to their secrets.
#[component]
fn ApiFact(
    identifier: String,
    /// In force.
    secrets: u64,
    /// The project's id.
    project: String,
) -> impl IntoView {
    view! {
        <div>
            <dt>"API identifier"</dt>
            <dd>
                <code data-value="">{identifier.clone()}</code>
                <CopyButton text=identifier label="Copy the API identifier" />
            </dd>
        </div>
        <div>
            <dt>"API secrets"</dt>
            <dd>
                <a href=paths::api_project(&project)>{count(secrets, "secret", "secrets")}</a>
            </dd>
        </div>
    }
}
