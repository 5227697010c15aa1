//! The account password, asked for again in a form that a browser posts by itself.

use leptos::prelude::*;

use super::PasswordField;

/// The field, named `account_password`.
#[island]
pub(crate) fn ConfirmPassword(
    /// Tells a password manager whose password it is.
    email: String,
    problem: Option<String>,
) -> impl IntoView {
    view! {
        <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
        <PasswordField
            name="account_password"
            label="Account password"
            hint="The one you sign in with."
            autocomplete="current-password"
            problem=Signal::stored(problem)
        />
    }
}
