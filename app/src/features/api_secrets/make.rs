//! Page `/account/api/:project/new`: making a secret. It is posted by the browser itself, with scripts or without: the
//! secret is shown in the answer and nowhere else.

use domain::Permission;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{MakeApiSecret, get_project_api};
use super::overview::NotForYou;
use super::project::Back;
use super::rights::{RIGHTS, Right};
use super::views::ProjectApiView;
use crate::error::respond_with;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{FieldFrame, Message, PageTitle, described_by, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn NewApiSecret() -> impl IntoView {
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
    let refused = viewer.refusal_of::<MakeApiSecret>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let problem = refused.as_ref().and_then(|error| error.problem_of("name"));
    let is_wrong = problem.is_some();
    let message = refused.and_then(|error| error.message_for(&["name"]));
    let name = visible(&project.name);
    let typed_name = viewer
        .typed_in(MakeApiSecret::PATH, "name")
        .unwrap_or_default();
    view! {
        <PageTitle text=format!("Make an API secret · {name} · Reelgate") />
        <Back />
        <section class="panel" aria-labelledby="make">
            <h2 id="make">"Make an API secret for " <bdi>{name}</bdi></h2>
            <p class="panel-intro">
                "One for each program, so that you see who uses what and can revoke one without touching the others. It is "
                "shown once, on the next page."
            </p>
            <form class="form form-wide" method="post" action=MakeApiSecret::PATH novalidate>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="project" value=project.id.clone() />
                <FieldFrame name="name" label="Name" hint="Of the program that uses it." problem=Signal::stored(problem)>
                    <input
                        type="text"
                        id="name"
                        name="name"
                        value=typed_name
                        maxlength="200"
                        autocomplete="off"
                        aria-required="true"
                        aria-describedby=described_by("name", true)
                        aria-invalid=is_wrong.then_some("true")
                    />
                </FieldFrame>
                <RightsField viewer=viewer.clone() />
                <div class="form-buttons">
                    <button type="submit" class="button button-primary">
                        "Make the secret"
                    </button>
                    <a class="button" href=paths::api_project(&project.id)>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
}

/// The rights that this member has themselves; the others are not offered.
#[component]
fn RightsField(viewer: Viewer) -> impl IntoView {
    let is_offered = |right: &Right| right.asks.is_none_or(|permission| viewer.may(permission));
    let offered: Vec<_> = RIGHTS.into_iter().filter(is_offered).collect();
    let is_short = offered.len() < RIGHTS.len();
    let choices = offered.into_iter().map(|right| {
        let is_chosen =
            viewer.typed_in(MakeApiSecret::PATH, right.field).as_deref() == Some("true");
        view! { <Choice right=right is_chosen=is_chosen /> }
    });
    view! {
        <fieldset class="choices">
            <legend>"What it may do"</legend>
            <div class="choice">
                <input type="checkbox" id="may_read" checked disabled aria-describedby="may_read-hint" />
                <label for="may_read">"Read"</label>
                <p id="may_read-hint">
                    "List the project's sessions, open their files, and read who opened them. Every secret may."
                </p>
            </div>
            {choices.collect_view()}
            {is_short
                .then(|| {
                    view! {
                        <p class="hint">
                            "Owners and admins can also make secrets that delete files or manage the access credentials."
                        </p>
                    }
                })}
        </fieldset>
    }
}

#[component]
fn Choice(right: Right, is_chosen: bool) -> impl IntoView {
    let hint = format!("{}-hint", right.field);
    view! {
        <div class="choice">
            <input
                type="checkbox"
                id=right.field
                name=right.field
                value="true"
                checked=is_chosen
                aria-describedby=hint.clone()
            />
            <label for=right.field>{right.label}</label>
            <p id=hint>{right.sentence}</p>
        </div>
    }
}
