//! Page `/video/settings/service-accounts/new`. It is posted by the browser itself, with scripts or without: the file is
//! shown in the answer and nowhere else.

use domain::Permission;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::CreateServiceAccount;
use super::list::NotForYou;
use super::one::Back;
use super::role::{PRESET, RoleField};
use crate::error::respond_with;
use crate::layout::{Frame, Place};
use crate::routes::paths;
use crate::ui::{FieldFrame, Message, PageTitle, described_by};
use crate::viewer::Viewer;

#[component]
pub(crate) fn NewServiceAccount() -> impl IntoView {
    view! {
        <Frame place=Place::ServiceAccounts>
            {if Viewer::current().may(Permission::ManageServiceAccounts) {
                view! { <Form /> }.into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn Form() -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<CreateServiceAccount>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let problem = |field: &str| refused.as_ref().and_then(|error| error.problem_of(field));
    let (no_name, no_role) = (problem("name"), problem("role"));
    let is_wrong = no_name.is_some();
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&["name", "role"]));
    let typed = |field: &str| viewer.typed_in(CreateServiceAccount::PATH, field);
    let (name, role) = (
        typed("name").unwrap_or_default(),
        typed("role").unwrap_or_else(|| PRESET.to_owned()),
    );
    view! {
        <PageTitle text="Create a service account · Settings · Reelgate" />
        <Back />
        <section class="panel" aria-labelledby="create">
            <h2 id="create">"Create a service account"</h2>
            <p class="panel-intro">
                "Its file, with the private key, is made for you and shown once, on the next page. Here only the public half "
                "of the key is kept."
            </p>
            <form class="form" method="post" action=CreateServiceAccount::PATH novalidate>
                <Message text=Signal::stored(message) />
                <FieldFrame name="name" label="Name" hint="Of the program that uses it." problem=Signal::stored(no_name)>
                    <input
                        type="text"
                        id="name"
                        name="name"
                        value=name
                        maxlength="200"
                        autocomplete="off"
                        aria-required="true"
                        aria-describedby=described_by("name", true)
                        aria-invalid=is_wrong.then_some("true")
                    />
                </FieldFrame>
                <RoleField chosen=role problem=no_role />
                <div class="form-buttons">
                    <button type="submit" class="button button-primary">
                        "Create"
                    </button>
                    <a class="button" href=paths::SERVICE_ACCOUNTS>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
}
