//! The form that resets the access password.

use leptos::html::Input;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;

use super::api::{ResetCredential, StrengthView, measure_strength};
use super::generate::password_from;
use super::grace::GraceField;
use crate::browser;
use crate::error::UiError;
use crate::ui::{FormState, IslandForm, PasswordField};

const FIELDS: [&str; 4] = ["account_password", "new_password", "confirmation", "grace"];

#[island]
pub(crate) fn ResetForm(
    /// E-mail of whoever is signed in: tells a password manager whose account password it is.
    email: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<ResetCredential>::new(&FIELDS, refused);
    let is_shown = RwSignal::new(false);
    let strength = RwSignal::new(None::<StrengthView>);
    let measure = measuring(strength);
    let (new_password, confirmation) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());

    let generate = move |_| {
        // Twice the letters that are needed: the odds that too many are unusable are nil, and a second click helps.
        if let Some(password) =
            browser::random_bytes::<64>().and_then(|bytes| password_from(&bytes))
        {
            browser::fill(new_password.get_untracked(), &password);
            browser::fill(confirmation.get_untracked(), &password);
            is_shown.set(true);
            // What was said of the passwords that stood here no longer holds.
            form.action.clear();
            measure.run(password);
        }
    };
    view! {
        <IslandForm form=form label="Submit" busy_label="Resetting…">
            <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
            <PasswordField
                name="account_password"
                label="Account password"
                hint="The one you sign in with."
                autocomplete="current-password"
                problem=form.problem("account_password")
            />
            <PasswordField
                name="new_password"
                label="New access password"
                hint="At least 10 characters."
                autocomplete="new-password"
                node_ref=new_password
                is_shown=is_shown
                on_change=measure
                problem=form.problem("new_password")
            />
            <div class="strength scripted">
                <Strength strength=strength.into() />
                <button type="button" class="button button-small" on:click=generate>
                    "Generate one"
                </button>
            </div>
            <PasswordField
                name="confirmation"
                label="New access password again"
                autocomplete="new-password"
                node_ref=confirmation
                is_shown=is_shown
                problem=form.problem("confirmation")
            />
            <GraceField problem=form.problem("grace") />
        </IslandForm>
    }
}

/// Asks for the strength of what is typed, once the typing rests.
fn measuring(strength: RwSignal<Option<StrengthView>>) -> Callback<String> {
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    // Answers may overtake each other; only the one to the latest question counts.
    let latest = StoredValue::new(0_u32);
    Callback::new(move |typed: String| {
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        latest.update_value(|number| *number += 1);
        if typed.is_empty() {
            strength.set(None);
            return;
        }
        let number = latest.get_value();
        let ask = move || {
            leptos::task::spawn_local(async move {
                let answer = measure_strength(typed).await.ok();
                if latest.get_value() == number {
                    strength.set(answer);
                }
            });
        };
        waiting.set_value(set_timeout_with_handle(ask, Duration::from_millis(250)).ok());
    })
}

/// The strength in a word, four bars, and advice. Keeps its room while there is nothing to say.
#[component]
fn Strength(strength: Signal<Option<StrengthView>>) -> impl IntoView {
    let word = move || {
        strength.with(
            |strength| match strength.as_ref().map(|s| (s.is_accepted, s.score)) {
                None => "Strength",
                Some((false, _)) => "Not accepted",
                Some((true, 0..=2)) => "Fair",
                Some((true, 3)) => "Good",
                Some((true, _)) => "Strong",
            },
        )
    };
    let level = move || {
        strength.with(|strength| {
            strength.as_ref().map_or(0, |s| {
                if s.is_accepted {
                    s.score.clamp(2, 4)
                } else {
                    1
                }
            })
        })
    };
    view! {
        <div class="strength-meter" data-level=move || level().to_string()>
            <span class="strength-bars" aria-hidden="true">
                <span></span>
                <span></span>
                <span></span>
                <span></span>
            </span>
            <p aria-live="polite">
                <strong>{word}</strong>
                " "
                {move || strength.with(|s| s.as_ref().map(|s| s.advice.clone()).unwrap_or_default())}
            </p>
        </div>
    }
}
