//! Pages `/account/second-factor/app` and `/account/second-factor/app/remove`: setting up an authenticator app, and
//! removing it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{
    BeginApp, ConfirmApp, DraftView, FactorsView, RemoveApp, get_app_draft, get_second_factors,
};
use super::forms::{Below, PasswordForm, WITHOUT, respond};
use crate::layout::load;
use crate::routes::paths;
use crate::ui::{CopyButton, FieldFrame, Message, described_by};
use crate::viewer::Viewer;

#[component]
pub(crate) fn SetUpApp() -> impl IntoView {
    view! {
        <Below title="Set up an authenticator app">
            {load(
                get_app_draft(),
                |draft| match draft {
                    Some(draft) => view! { <Confirm draft=draft /> }.into_any(),
                    None => view! { <Begin /> }.into_any(),
                },
            )}
        </Below>
    }
}

#[component]
fn Begin() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="begin">
            <h2 id="begin">"Set up an authenticator app"</h2>
            <p class="panel-intro">
                "The next page shows a code for your app to scan. If you have an app set up here already, it works until the \
                new one is confirmed."
            </p>
            <PasswordForm action=BeginApp::PATH label="Continue" />
        </section>
    }
}

#[component]
fn Confirm(draft: DraftView) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<ConfirmApp>();
    respond(refused.as_ref());
    let problem = refused.as_ref().and_then(|error| error.problem_of("code"));
    let is_wrong = problem.is_some();
    let message = refused.and_then(|error| error.message_for(&["code"]));
    let (size, path) = draft.qr;
    view! {
        <section class="panel" aria-labelledby="scan">
            <h2 id="scan">"Scan this with your app"</h2>
            <div class="enrol">
                <svg
                    class="qr"
                    viewBox=format!("0 0 {size} {size}")
                    role="img"
                    aria-label="QR code for your authenticator app; the same as the key in text"
                    shape-rendering="crispEdges"
                >
                    <rect width=size height=size />
                    <path d=path />
                </svg>
                <div class="enrol-text">
                    <p>
                        "Is the app on this device? "
                        <a href=draft.address>"Open it"</a>
                        ". Or type this key into it, as a time-based one:"
                    </p>
                    <p class="enrol-key">
                        <code data-value="">{draft.secret.clone()}</code>
                        <CopyButton text=draft.secret.replace(' ', "") label="Copy the key" />
                    </p>
                    <p class="hint">
                        "It is shown for 15 minutes, to you alone. Whoever has it can make your codes: keep no picture of it."
                    </p>
                </div>
            </div>
            <form class="form" method="post" action=ConfirmApp::PATH novalidate>
                <Message text=Signal::stored(message) />
                <FieldFrame
                    name="code"
                    label="Code that the app shows"
                    hint="Six digits. Spaces do no harm."
                    problem=Signal::stored(problem)
                >
                    <input
                        type="text"
                        id="code"
                        name="code"
                        inputmode="numeric"
                        autocomplete="one-time-code"
                        spellcheck="false"
                        aria-required="true"
                        aria-describedby=described_by("code", true)
                        aria-invalid=is_wrong.then_some("true")
                    />
                </FieldFrame>
                <div class="form-buttons">
                    <button type="submit" class="button button-primary">
                        "Confirm"
                    </button>
                    <a class="button" href=paths::SECOND_FACTOR>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
}

#[component]
pub(crate) fn RemoveAppPage() -> impl IntoView {
    view! {
        <Below title="Remove the authenticator app">{load(get_second_factors(), removal)}</Below>
    }
}

fn removal(has: FactorsView) -> impl IntoView {
    if has.app.is_none() {
        return view! { <p>"You have no authenticator app here."</p> }.into_any();
    }
    let what = if has.passkeys.is_empty() {
        format!("It is your last second factor. {WITHOUT}")
    } else {
        "Its codes no longer sign you in; your passkeys do.".to_owned()
    };
    view! {
        <section class="panel" aria-labelledby="remove">
            <h2 id="remove">"Remove the authenticator app"</h2>
            <p class="panel-intro">{what}</p>
            <PasswordForm action=RemoveApp::PATH label="Remove the app" is_danger=true />
        </section>
    }
    .into_any()
}
