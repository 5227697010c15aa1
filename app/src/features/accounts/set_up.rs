//! Page `/set-up?code=…`: the first account and its owner.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::{SetUp, is_set_up};
use crate::error::UiError;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{FormState, IslandForm, NewPasswordFields, TextField};
use crate::viewer::Viewer;

#[component]
pub(crate) fn SetUpPage() -> impl IntoView {
    let code = use_query_map()
        .with_untracked(|query| query.get("code"))
        .unwrap_or_default();
    let refused = Viewer::current().refusal_of::<SetUp>();
    view! {
        <PlainFrame title="Set up Reelgate">
            {load(
                is_set_up(),
                move |is_set_up| match (is_set_up, code.is_empty()) {
                    (true, _) => view! { <AlreadySetUp /> }.into_any(),
                    (false, true) => view! { <NoCode /> }.into_any(),
                    (false, false) => view! { <SetUpForm code=code refused=refused /> }.into_any(),
                },
            )}
        </PlainFrame>
    }
}

#[component]
fn AlreadySetUp() -> impl IntoView {
    view! {
        <p>"This installation is set up already. Nothing is left to do here."</p>
        <a class="button button-primary" href=paths::SIGN_IN>
            "Go to the sign-in"
        </a>
    }
}

#[component]
fn NoCode() -> impl IntoView {
    view! {
        <p>
            "This page needs the one-time code. Open the whole set-up address that the server printed when it "
            "started; restarting the server prints a new one."
        </p>
    }
}

const FIELDS: [&str; 5] = [
    "account_name",
    "owner_name",
    "email",
    "password",
    "confirmation",
];

#[island]
fn SetUpForm(
    /// The one-time code of the address.
    code: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<SetUp>::new(&FIELDS, refused);
    view! {
        <IslandForm form=form label="Set up" busy_label="Setting up…">
            <p>"This makes the account and its owner: you. The code in the address works once."</p>
            <input type="hidden" name="code" value=code />
            <TextField
                name="account_name"
                label="Account name"
                hint="Your company or team, as your colleagues know it."
                autocomplete="organization"
                autofocus=true
                problem=form.problem("account_name")
            />
            <TextField name="owner_name" label="Your name" autocomplete="name" problem=form.problem("owner_name") />
            <TextField
                name="email"
                label="Your e-mail"
                hint="You sign in with it."
                autocomplete="username"
                inputmode="email"
                problem=form.problem("email")
            />
            <NewPasswordFields
                name="password"
                label="Account password"
                again_label="Account password again"
                problem=form.problem("password")
                confirmation_problem=form.problem("confirmation")
            />
        </IslandForm>
    }
}
