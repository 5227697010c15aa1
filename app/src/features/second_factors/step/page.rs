//! Pages `/sign-in/second-factor` and `/sign-in/recovery-code`: what is asked for after a right password.

use domain::second_factors::Ways;
use leptos::html::{Form, Input};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::components::Redirect;

use super::api::{CheckCode, CheckPasskey, CheckRecoveryCode, begin_passkey_step, look_at_step};
use crate::browser;
use crate::error::UiError;
use crate::layout::{PlainFrame, load};
use crate::routes::paths;
use crate::ui::{FormState, IslandForm, Message, TextField};
use crate::viewer::Viewer;

const TITLE: &str = "Second factor";

#[component]
pub(crate) fn SecondStepPage() -> impl IntoView {
    step_page(|ways| view! { <Ask ways=ways /> }.into_any())
}

#[component]
pub(crate) fn RecoveryStepPage() -> impl IntoView {
    step_page(|ways| view! { <AskRecovery ways=ways /> }.into_any())
}

/// The page for a browser whose sign-in waits; others are told.
fn step_page(ask: fn(Ways) -> AnyView) -> AnyView {
    if Viewer::current().member.is_some() {
        return view! { <Redirect path=paths::HOME /> }.into_any();
    }
    view! {
        <PlainFrame title=TITLE>
            {load(
                look_at_step(),
                move |ways| match ways {
                    Some(ways) => ask(ways),
                    None => view! { <TooLate /> }.into_any(),
                },
            )}
        </PlainFrame>
    }
    .into_any()
}

#[component]
fn TooLate() -> impl IntoView {
    view! {
        <p>"No sign-in waits here. It has ten minutes from your password on, in the browser that you began it in."</p>
        <a class="button button-primary" href=paths::SIGN_IN>
            "Sign in again"
        </a>
    }
}

#[component]
fn Ask(ways: Ways) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<CheckCode>();
    let refused_passkey = viewer
        .refusal_of::<CheckPasskey>()
        .map(|error| error.sentence());
    view! {
        {ways.app.then(|| view! { <CodeForm refused=refused /> })}
        {(ways.app && ways.passkey).then(|| view! { <p class="or scripted">"or"</p> })}
        {ways
            .passkey
            .then(|| {
                view! {
                    <div class="unscripted">
                        <p>"Your passkey needs JavaScript, which your browser does not run here."</p>
                    </div>
                    <PasskeyForm is_only=!ways.app refused=refused_passkey />
                }
            })}
        {(!ways.app && !ways.passkey)
            .then(|| view! { <p>"Your passkeys belong to another address of this portal. Use a recovery code."</p> })}
        <p class="plain-more">
            {if ways.recovery_code {
                view! { <a href=paths::RECOVERY_STEP>"Use a recovery code"</a> }.into_any()
            } else {
                "Lost it? An owner or admin of your account can reset your second factor.".into_any()
            }}
        </p>
        <Leave />
    }
}

#[component]
fn AskRecovery(ways: Ways) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<CheckRecoveryCode>();
    view! {
        {if ways.recovery_code {
            view! { <RecoveryForm refused=refused /> }.into_any()
        } else {
            view! {
                <p>
                    "You have no recovery code left. An owner or admin of your account can reset your second factor."
                </p>
            }
                .into_any()
        }}
        <p class="plain-more">
            <a href=paths::SECOND_STEP>"Back to your app or passkey"</a>
        </p>
        <Leave />
    }
}

#[component]
fn Leave() -> impl IntoView {
    view! {
        <p class="plain-more">
            <a href=paths::SIGN_IN>"Sign in as somebody else"</a>
        </p>
    }
}

#[island]
fn CodeForm(refused: Option<UiError>) -> impl IntoView {
    let form = FormState::<CheckCode>::new(&["code"], refused);
    view! {
        <IslandForm form=form label="Sign in" busy_label="Signing in…">
            <TextField
                name="code"
                label="Code of your authenticator app"
                hint="The six digits that it shows now."
                autocomplete="one-time-code"
                inputmode="numeric"
                autofocus=true
                problem=form.problem("code")
            />
        </IslandForm>
    }
}

#[island]
fn RecoveryForm(refused: Option<UiError>) -> impl IntoView {
    let form = FormState::<CheckRecoveryCode>::new(&["recovery_code"], refused);
    view! {
        <IslandForm form=form label="Sign in" busy_label="Signing in…">
            <TextField
                name="recovery_code"
                label="Recovery code"
                hint="One of the ten that you kept. Each works once; hyphens and capitals do not matter."
                autocomplete="off"
                autofocus=true
                problem=form.problem("recovery_code")
            />
        </IslandForm>
    }
}

/// Asks the server for a challenge, the browser for a passkey, and posts the answer like any other form.
#[island]
fn PasskeyForm(
    /// There is no code to be typed instead.
    is_only: bool,
    /// Why the passkey before was not taken.
    refused: Option<String>,
) -> impl IntoView {
    let message = RwSignal::new(refused);
    let is_busy = RwSignal::new(false);
    let (answer, send) = (NodeRef::<Input>::new(), NodeRef::<Form>::new());
    let ask = move || async move {
        is_busy.set(true);
        message.set(None);
        let answered = match begin_passkey_step().await {
            Ok(options) => browser::passkeys::get(&options)
                .await
                .map_err(str::to_owned),
            Err(error) => Err(error.sentence()),
        };
        match answered {
            Ok(credential) => {
                browser::fill(answer.get_untracked(), &credential);
                if let Some(form) = send.get_untracked() {
                    let _ = form.submit();
                }
            }
            Err(why) => {
                message.set(Some(why));
                is_busy.set(false);
            }
        }
    };
    let class = if is_only {
        "button button-primary"
    } else {
        "button"
    };
    view! {
        <form class="form scripted" method="post" action=CheckPasskey::PATH node_ref=send>
            <Message text=message />
            <input type="hidden" name="credential" node_ref=answer />
            <button
                type="button"
                class=class
                disabled=move || is_busy.get()
                on:click=move |_| leptos::task::spawn_local(ask())
            >
                {move || if is_busy.get() { "Waiting for your device…" } else { "Use a passkey" }}
            </button>
        </form>
    }
}
