//! Page `/sign-in`.

use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_query_map;

use super::api::SignIn;
use super::safe_next;
use crate::error::UiError;
use crate::features::accounts::is_set_up;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{FormState, IslandForm, PasswordField, TextField};
use crate::viewer::Viewer;

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let viewer = Viewer::current();
    let next = use_query_map()
        .with_untracked(|query| query.get("next"))
        .unwrap_or_default();
    let next = safe_next(&next).to_owned();
    if viewer.member.is_some() {
        return view! { <Redirect path=next /> }.into_any();
    }
    let refused = viewer.refusal_of::<SignIn>();
    view! {
        <PlainFrame title="Sign in">
            {load(
                is_set_up(),
                move |is_set_up| {
                    if is_set_up {
                        view! {
                            <SignInForm next=next refused=refused />
                            <p class="plain-more">
                                <a href=paths::FORGOT_PASSWORD>"Forgot your password?"</a>
                            </p>
                        }
                            .into_any()
                    } else {
                        view! { <NotSetUp /> }.into_any()
                    }
                },
            )}
        </PlainFrame>
    }
    .into_any()
}

#[component]
fn NotSetUp() -> impl IntoView {
    view! {
        <p>"This installation has no account yet."</p>
        <p>
            "Open the set-up address that the server printed when it started. It holds for a limited time; "
            "restarting the server prints a new one."
        </p>
    }
}

/// The form; in the browser it shows a refusal without loading the page again.
#[island]
fn SignInForm(
    /// Where to go afterwards.
    next: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<SignIn>::new(&["email", "password"], refused);
    view! {
        <IslandForm form=form label="Sign in" busy_label="Signing in…">
            <input type="hidden" name="next" value=next />
            <TextField
                name="email"
                label="E-mail"
                autocomplete="username"
                inputmode="email"
                autofocus=true
                problem=form.problem("email")
            />
            <PasswordField
                name="password"
                label="Account password"
                autocomplete="current-password"
                problem=form.problem("password")
            />
        </IslandForm>
    }
}
