//! The forms of further credentials, a page each: add, edit, new password. They are posted by the browser itself, with
//! scripts or without: what is made is shown in the answer and nowhere else.

use domain::Permission;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{self, FurtherView, get_further};
use super::page::Back;
use crate::error::UiError;
use crate::features::credentials::access_control::NotForYou;
use crate::features::credentials::grace::GraceField;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{ConfirmPassword, FieldFrame, FormPath, Message, PageTitle, described_by, visible};
use crate::viewer::Viewer;

const FIELDS: [&str; 4] = ["name", "expires_on", "networks", "account_password"];

#[component]
pub(crate) fn AddCredential() -> impl IntoView {
    view! {
        <Frame place=Place::RecordingSettings>
            {if Viewer::current().may(Permission::ManageCredentials) {
                view! { <AddForm /> }.into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn AddForm() -> impl IntoView {
    let refused = Viewer::current().refusal_of::<api::AddCredential>();
    respond(refused.as_ref());
    view! {
        <PageTitle text="Add a credential · Settings · Reelgate" />
        <Back />
        <section class="panel" aria-labelledby="add">
            <h2 id="add">"Add a credential"</h2>
            <p class="panel-intro">
                "User name and password are made for you, and the password is shown once, on the next page. It opens all "
                "session files of the account."
            </p>
            <form class="form" method="post" action=api::AddCredential::PATH novalidate>
                <Fields known=None refused=refused />
                <Buttons label="Add" back=paths::RECORDING_SETTINGS.to_owned() />
            </form>
        </section>
    }
}

#[component]
pub(crate) fn EditCredential() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("id").unwrap_or_default());
    view! {
        <Frame place=Place::RecordingSettings>
            {if Viewer::current().may(Permission::ManageCredentials) {
                load(get_further(id), |(credential, _)| view! { <EditForm credential=credential /> }).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn EditForm(credential: FurtherView) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<api::EditCredential>();
    respond(refused.as_ref());
    let id = credential.id.clone();
    let title = format!("Edit {}", visible(&credential.name));
    view! {
        <PageTitle text=format!("{title} · Settings · Reelgate") />
        <Back />
        <section class="panel" aria-labelledby="edit">
            <h2 id="edit">{title}</h2>
            <p class="panel-intro">"What you change here holds for the next request of its programs."</p>
            <form class="form" method="post" action=api::EditCredential::PATH novalidate>
                <input type="hidden" name="id" value=id.clone() />
                <Fields known=Some(credential) refused=refused />
                <Buttons label="Save" back=paths::credential(&id) />
            </form>
        </section>
    }
}

#[component]
pub(crate) fn RotateCredential() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("id").unwrap_or_default());
    view! {
        <Frame place=Place::RecordingSettings>
            {if Viewer::current().may(Permission::ManageCredentials) {
                load(get_further(id), |(credential, _)| view! { <RotateForm credential=credential /> }).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn RotateForm(credential: FurtherView) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<api::RotateCredential>();
    provide_context(FormPath(api::RotateCredential::PATH));
    respond(refused.as_ref());
    let problem = problem_in(refused.as_ref());
    let title = format!("New password for {}", visible(&credential.name));
    view! {
        <PageTitle text=format!("{title} · Settings · Reelgate") />
        <Back />
        <section class="panel" aria-labelledby="rotate">
            <h2 id="rotate">{title}</h2>
            <p class="panel-intro">
                "The user name stays. The new password is made for you and shown once, on the next page; any password "
                "older than the present one is refused from then on."
            </p>
            <form class="form" method="post" action=api::RotateCredential::PATH novalidate>
                <Message text=Signal::stored(message_of(refused.as_ref())) />
                <input type="hidden" name="id" value=credential.id.clone() />
                <GraceField problem=Signal::stored(problem("grace")) />
                <ConfirmPassword email=email() problem=problem("account_password") />
                <Buttons label="Make a new password" back=paths::credential(&credential.id) />
            </form>
        </section>
    }
}

/// Name, last day, addresses, account password.
#[component]
fn Fields(
    /// What holds now, where there is something.
    known: Option<FurtherView>,
    refused: Option<UiError>,
) -> impl IntoView {
    let viewer = Viewer::current();
    let typed =
        |field: &str, known: Option<String>| viewer.typed(field).or(known).unwrap_or_default();
    let name = typed("name", known.as_ref().map(|k| k.name.clone()));
    let expires_on = typed("expires_on", known.as_ref().map(|k| k.expires_on.clone()));
    let networks = typed("networks", known.as_ref().map(|k| k.networks.join("\n")));
    let problem = problem_in(refused.as_ref());
    let wrong = {
        let problem = problem_in(refused.as_ref());
        move |field: &str| problem(field).map(|_| "true")
    };
    let (wrong_name, wrong_day, wrong_networks) =
        (wrong("name"), wrong("expires_on"), wrong("networks"));
    view! {
        <Message text=Signal::stored(message_of(refused.as_ref())) />
        <FieldFrame name="name" label="Name" hint="Of the program that uses it." problem=Signal::stored(problem("name"))>
            <input
                type="text"
                id="name"
                name="name"
                value=name
                maxlength="200"
                autocomplete="off"
                aria-required="true"
                aria-describedby=described_by("name", true)
                aria-invalid=wrong_name
            />
        </FieldFrame>
        <FieldFrame
            name="expires_on"
            label="Last day"
            hint="It works until the end of this day, in your time zone. Empty: it does not expire."
            problem=Signal::stored(problem("expires_on"))
        >
            <input
                type="date"
                id="expires_on"
                name="expires_on"
                value=expires_on
                aria-describedby=described_by("expires_on", true)
                aria-invalid=wrong_day
            />
        </FieldFrame>
        <FieldFrame
            name="networks"
            label="Opens files from"
            hint="Addresses and networks, one on each line, such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32. Empty: from anywhere."
            problem=Signal::stored(problem("networks"))
        >
            <textarea
                id="networks"
                name="networks"
                rows="4"
                spellcheck="false"
                autocomplete="off"
                autocapitalize="none"
                aria-describedby=described_by("networks", true)
                aria-invalid=wrong_networks
            >
                {networks}
            </textarea>
        </FieldFrame>
        <ConfirmPassword email=email() problem=problem("account_password") />
    }
}

#[component]
fn Buttons(label: &'static str, back: String) -> impl IntoView {
    view! {
        <div class="form-buttons">
            <button type="submit" class="button button-primary">
                {label}
            </button>
            <a class="button" href=back>
                "Cancel"
            </a>
        </div>
    }
}

fn email() -> String {
    let member = Viewer::current().member;
    member.map(|member| member.email).unwrap_or_default()
}

fn respond(refused: Option<&UiError>) {
    if let Some(error) = refused {
        crate::error::respond_with(error);
    }
}

fn problem_in(refused: Option<&UiError>) -> impl Fn(&str) -> Option<String> + use<> {
    let refused = refused.cloned();
    move |field| refused.as_ref().and_then(|error| error.problem_of(field))
}

fn message_of(refused: Option<&UiError>) -> Option<String> {
    refused.and_then(|error| error.message_for(&FIELDS))
}
