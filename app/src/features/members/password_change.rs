//! The form that changes one's own account password.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::api::ChangePassword;
use crate::error::UiError;
use crate::ui::{Message, PasswordField, Submit, focus_problem, refusal};

const FIELDS: [&str; 3] = ["current_password", "new_password", "confirmation"];

#[island]
pub(crate) fn PasswordChangeForm(
    /// Tells a password manager whose password it is.
    email: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let action = ServerAction::<ChangePassword>::new();
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
    view! {
        <ActionForm action=action attr:class="form" attr:novalidate=true>
            <Message text=message />
            <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
            <PasswordField
                name="current_password"
                label="Current account password"
                autocomplete="current-password"
                problem=problem("current_password")
            />
            <PasswordField
                name="new_password"
                label="New account password"
                hint="At least 15 characters. A few random words make a good one."
                autocomplete="new-password"
                is_shown=is_shown
                problem=problem("new_password")
            />
            <PasswordField
                name="confirmation"
                label="New account password again"
                autocomplete="new-password"
                is_shown=is_shown
                problem=problem("confirmation")
            />
            <Submit label="Change password" busy_label="Changing…" pending=action.pending() />
        </ActionForm>
    }
}
