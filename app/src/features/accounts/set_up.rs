//! Page `/set-up?code=…`: the first account and its owner.

use domain::NewPassword;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::{SetUp, is_set_up};
use crate::error::UiError;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{Message, PasswordField, Submit, TextField, focus_problem, refusal};
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
    let action = ServerAction::<SetUp>::new();
    let refusal = refusal(move || action.value().get(), refused);
    focus_problem(refusal);
    let problem = move |field: &'static str| {
        Signal::derive(move || {
            refusal.with(|error| error.as_ref().and_then(|e| e.problem_of(field)))
        })
    };
    let message = Signal::derive(move || {
        refusal.with(|error| error.as_ref().and_then(|e| e.message_for(&FIELDS)))
    });
    let is_shown = RwSignal::new(false);
    // Written out: an attribute of an island has to be a constant.
    const { assert!(NewPassword::ACCOUNT_MIN == 15) };
    view! {
        <ActionForm action=action attr:class="form" attr:novalidate=true>
            <p>"This makes the account and its owner: you. The code in the address works once."</p>
            <Message text=message />
            <input type="hidden" name="code" value=code />
            <TextField
                name="account_name"
                label="Account name"
                hint="Your company or team, as your colleagues know it."
                autocomplete="organization"
                autofocus=true
                problem=problem("account_name")
            />
            <TextField name="owner_name" label="Your name" autocomplete="name" problem=problem("owner_name") />
            <TextField
                name="email"
                label="Your e-mail"
                hint="You sign in with it."
                autocomplete="username"
                inputmode="email"
                problem=problem("email")
            />
            <PasswordField
                name="password"
                label="Account password"
                hint="At least 15 characters. A few random words make a good one."
                autocomplete="new-password"
                is_shown=is_shown
                problem=problem("password")
            />
            <PasswordField
                name="confirmation"
                label="Account password again"
                autocomplete="new-password"
                is_shown=is_shown
                problem=problem("confirmation")
            />
            <Submit label="Set up" busy_label="Setting up…" pending=action.pending() />
        </ActionForm>
    }
}
