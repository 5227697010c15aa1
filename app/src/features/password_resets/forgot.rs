//! Page `/forgot-password`: asking for a link by mail, or what to do where no mail is sent.

use leptos::prelude::*;

use super::api::{RequestReset, sends_mail};
use crate::error::UiError;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{FormState, IslandForm, TextField};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ForgotPasswordPage() -> impl IntoView {
    let refused = Viewer::current().refusal_of::<RequestReset>();
    view! {
        <PlainFrame title="Forgot your password?">
            {load(
                sends_mail(),
                move |sends_mail| {
                    if sends_mail {
                        view! { <ForgotForm refused=refused /> }.into_any()
                    } else {
                        view! { <NoMail /> }.into_any()
                    }
                },
            )} <p class="plain-more">
                <a href=paths::SIGN_IN>"Back to the sign-in"</a>
            </p>
        </PlainFrame>
    }
}

#[component]
fn NoMail() -> impl IntoView {
    view! {
        <p>"This installation sends no mail, so a new password takes somebody's help:"</p>
        <ul class="plain-list">
            <li>"Ask an owner or admin of your account for a reset link (Members, your name, Start a reset)."</li>
            <li>
                "If you are the only owner, ask the operator of the server to run "
                <code>"reelgate member reset-link"</code> " with your address."
            </li>
        </ul>
    }
}

#[island]
fn ForgotForm(
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<RequestReset>::new(&["email"], refused);
    view! {
        <IslandForm form=form label="Send me a link" busy_label="Sending…">
            <p>"Enter the address with which you sign in. You get a link to set a new password."</p>
            <TextField
                name="email"
                label="E-mail"
                autocomplete="username"
                inputmode="email"
                autofocus=true
                problem=form.problem("email")
            />
        </IslandForm>
    }
}
