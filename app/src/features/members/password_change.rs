//! The form that changes one's own account password.

use leptos::prelude::*;

use super::api::ChangePassword;
use crate::error::UiError;
use crate::ui::{FormState, IslandForm, NewPasswordFields, PasswordField};

const FIELDS: [&str; 3] = ["current_password", "new_password", "confirmation"];

#[island]
pub(crate) fn PasswordChangeForm(
    /// Tells a password manager whose password it is.
    email: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<ChangePassword>::new(&FIELDS, refused);
    view! {
        <IslandForm form=form label="Change password" busy_label="Changing…">
            <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
            <PasswordField
                name="current_password"
                label="Current account password"
                autocomplete="current-password"
                problem=form.problem("current_password")
            />
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
