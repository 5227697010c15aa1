//! A new account password and its repetition, shown and hidden together.

use domain::NewPassword;
use leptos::prelude::*;

use super::PasswordField;

/// For use inside an island.
#[component]
pub(crate) fn NewPasswordFields(
    /// Name and id of the first field; the second is `confirmation`.
    name: &'static str,
    label: &'static str,
    again_label: &'static str,
    #[prop(into)] problem: Signal<Option<String>>,
    /// Beside the repetition.
    #[prop(into)]
    confirmation_problem: Signal<Option<String>>,
) -> impl IntoView {
    let is_shown = RwSignal::new(false);
    // Written out: an attribute of an island has to be a constant.
    const { assert!(NewPassword::ACCOUNT_MIN == 15) };
    view! {
        <PasswordField
            name=name
            label=label
            hint="At least 15 characters. A few random words make a good one."
            autocomplete="new-password"
            is_shown=is_shown
            problem=problem
        />
        <PasswordField
            name="confirmation"
            label=again_label
            autocomplete="new-password"
            is_shown=is_shown
            problem=confirmation_problem
        />
    }
}
