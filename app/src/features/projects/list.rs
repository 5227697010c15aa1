//! Page `/projects`: every project, who can open its files, and how long they are kept.

use domain::Permission;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{CreateProject, list_governed_projects};
use super::views::ProjectView;
use super::words::{how_long, who_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{
    Badge, Empty, FormPath, Icon, Message, Shape, TextField, Tone, bytes, bytes_exact, count,
    grouped, visible,
};
use crate::viewer::Viewer;

#[component]
pub(crate) fn Projects() -> impl IntoView {
    view! {
        <Frame place=Place::Projects>
            {
                let viewer = Viewer::current();
                let may_create = viewer.may(Permission::ManageProjects);
                let may_preview = viewer.may(Permission::TestCredentials);
                load(list_governed_projects(), move |projects| show(projects, may_create, may_preview))
            }
        </Frame>
    }
}

fn show(projects: Vec<ProjectView>, may_create: bool, may_preview: bool) -> impl IntoView {
    let may_preview = may_preview && !projects.is_empty();
    let (archived, live): (Vec<_>, Vec<_>) = projects
        .into_iter()
        .partition(|project| project.archived.is_some());
    let total = u64::try_from(archived.len()).unwrap_or(u64::MAX);
    let is_open = live.is_empty();
    view! {
        {if live.is_empty() {
            view! { <NoProject may_create=may_create /> }.into_any()
        } else {
            view! { <ProjectTable caption="Projects" projects=live /> }.into_any()
        }}
        {(total > 0)
            .then(|| {
                view! {
                    <details class="archived" open=is_open>
                        <summary>{count(total, "archived project", "archived projects")}</summary>
                        <ProjectTable caption="Archived projects" projects=archived />
                    </details>
                }
            })}
        {may_preview
            .then(|| {
                view! {
                    <p class="panel-links listing-links">
                        <a class="button" href=paths::ACCESS_PREVIEW>
                            <Icon shape=Shape::Key />
                            "Preview who can open what"
                        </a>
                    </p>
                }
            })}
        {may_create.then(|| view! { <CreateForm /> })}
    }
}

#[component]
fn NoProject(may_create: bool) -> impl IntoView {
    view! {
        <Empty shape=Shape::Folder title="No projects yet">
            <p>"A project holds the sessions of one application or team, and says who can open their files."</p>
            <p>
                {if may_create {
                    "Create the first one below, or let the import make it."
                } else {
                    "Owners, admins and developers of the account create them."
                }}
            </p>
        </Empty>
    }
}

#[component]
fn ProjectTable(caption: &'static str, projects: Vec<ProjectView>) -> impl IntoView {
    view! {
        <table class="listing" role="table">
            <caption class="visually-hidden">{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Project"</th>
                    <th role="columnheader" scope="col">"Who can open its files"</th>
                    <th role="columnheader" scope="col">"Kept"</th>
                    <th role="columnheader" scope="col" class="number">"Sessions"</th>
                    <th role="columnheader" scope="col" class="number">"Files"</th>
                    <th role="columnheader" scope="col" class="number">"Size"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                {projects.into_iter().map(|project| view! { <ProjectRow project=project /> }).collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn ProjectRow(project: ProjectView) -> impl IntoView {
    let holdings = project.holdings;
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="listing-name">
                <a href=paths::project(&project.id)><bdi>{visible(&project.name)}</bdi></a>
                {project.hold.is_some().then(|| view! { <Badge tone=Tone::Violet text="Legal hold" /> })}
                {(!project.policy.is_secure).then(|| view! { <Badge tone=Tone::Amber text="Open" /> })}
            </th>
            <td role="cell" class="listing-text">{who_with(&project.policy, holdings.secure_files)}</td>
            <td role="cell" class="listing-text" data-label="Kept">{how_long(&project.policy)}</td>
            <td role="cell" class="number">
                {grouped(holdings.sessions)}
                <span class="listing-unit">{unit(holdings.sessions, " session", " sessions")}</span>
            </td>
            <td role="cell" class="number">
                {grouped(holdings.files)}
                <span class="listing-unit">{unit(holdings.files, " file", " files")}</span>
            </td>
            <td role="cell" class="number"><span title=bytes_exact(holdings.bytes)>{bytes(holdings.bytes)}</span></td>
        </tr>
    }
}

/// Said only where no head of a column says it.
const fn unit(number: u64, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

#[component]
fn CreateForm() -> impl IntoView {
    let refused = Viewer::current().refusal_of::<CreateProject>();
    provide_context(FormPath(CreateProject::PATH));
    let problem = refused.as_ref().and_then(|error| error.problem_of("name"));
    let message = refused.and_then(|error| error.message_for(&["name"]));
    view! {
        <section class="panel form-line" aria-labelledby="create">
            <h2 id="create">"Create a project"</h2>
            <p class="panel-intro">
                "It begins secure: its files need a sign-in or the access password. They are kept for ever until you "
                "choose otherwise."
            </p>
            <form class="form" method="post" action=CreateProject::PATH>
                <Message text=Signal::stored(message) />
                <TextField name="name" label="Name" autocomplete="off" problem=Signal::stored(problem) />
                <button type="submit" class="button button-primary">
                    "Create"
                </button>
            </form>
        </section>
    }
}
