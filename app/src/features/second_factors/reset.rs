//! The part of a member's page that resets the second factor of somebody who lost it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::ResetSecondFactor;
use super::forms::PasswordForm;
use crate::viewer::Viewer;

/// For those who may govern this member.
#[component]
pub(crate) fn ResetSecondFactorForm(id: String) -> impl IntoView {
    let is_open = Viewer::current()
        .refusal_of::<ResetSecondFactor>()
        .is_some();
    view! {
        <section class="panel" aria-labelledby="second-factor-title">
            <h2 id="second-factor-title">"Second factor"</h2>
            <p class="panel-intro">
                "For a member who has lost the app or passkey and the recovery codes too. Make sure that it is the member who \
                asks: over the telephone, say, and not by mail alone."
            </p>
            <details class="confirm" open=is_open>
                <summary class="button">"Reset the second factor…"</summary>
                <div class="confirm-box">
                    <p>
                        "The app, all passkeys and all recovery codes of the member no longer count, and all sign-ins end at \
                        once. The account password stays, and alone signs the member in until a new second factor is set up."
                    </p>
                    <PasswordForm
                        action=ResetSecondFactor::PATH
                        label="Reset the second factor"
                        is_danger=true
                        hidden=("member", id)
                        back=None
                    />
                </div>
            </details>
        </section>
    }
}
