//! Page `/reset-password`: setting the new password. The link's secret came in a cookie, not in the address.

use leptos::prelude::*;

use super::api::{SetPassword, look_at_reset};
use crate::error::UiError;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{FormState, IslandForm, NewPasswordFields, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ResetPasswordPage() -> impl IntoView {
    let refused = Viewer::current().refusal_of::<SetPassword>();
    view! {
        <PlainFrame title="Set a new password">
            {load(
                look_at_reset(),
                move |email| match email {
                    Some(email) => {
                        view! {
                            <p>
                                "For " <strong><bdi>{visible(&email)}</bdi></strong>
                                ". All sign-ins of this address end; then you sign in with the new password."
                            </p>
                            <SetForm email=email refused=refused />
                        }
                            .into_any()
                    }
                    None => view! { <NoLink /> }.into_any(),
                },
            )}
        </PlainFrame>
    }
}

#[component]
fn NoLink() -> impl IntoView {
    view! {
        <p>"This link does not work: it was used already, has expired, or a newer one was sent."</p>
        <a class="button" href=paths::FORGOT_PASSWORD>
            "Get a new one"
        </a>
    }
}

#[island]
fn SetForm(
    /// Tells a password manager whose password it is.
    email: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<SetPassword>::new(&["new_password", "confirmation"], refused);
    view! {
        <IslandForm form=form label="Set the password" busy_label="Setting…">
            <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
            <NewPasswordFields
                name="new_password"
                label="New account password"
                again_label="New account password again"
                problem=form.problem("new_password")
                confirmation_problem=form.problem("confirmation")
            />
        </IslandForm>
    }
}
