//! Pages `/account/second-factor/passkeys/new` and `/account/second-factor/passkeys/{id}`: adding a passkey, renaming and
//! removing one.

use leptos::html::{Form, Input};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use web_sys::FormData;

use super::api::{
    BeginPasskey, FactorsView, FinishPasskey, PasskeyView, RemovePasskey, RenamePasskey,
    begin_passkey, get_second_factors,
};
use super::forms::{Below, PasswordForm, WITHOUT, email, respond};
use crate::browser;
use crate::error::UiError;
use crate::layout::{Failure, load};
use crate::ui::{FieldFrame, Message, PasswordField, Submit, TextField, described_by, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn NewPasskey() -> impl IntoView {
    view! {
        <Below title="Add a passkey">
            {
                let refused = Viewer::current().refusal_of::<FinishPasskey>();
                respond(refused.as_ref());
                view! {
                    <section class="panel" aria-labelledby="add">
                        <h2 id="add">"Add a passkey"</h2>
                        <p class="panel-intro">
                            "Your browser asks where to keep it: on this device, on a phone nearby, or on a security key. It \
                            works for this address of the portal only."
                        </p>
                        <div class="unscripted">
                            <p class="none">
                                "Passkeys need JavaScript, which your browser does not run here. An authenticator app works \
                                without."
                            </p>
                        </div>
                        <AddForm email=email() refused=refused.map(|error| error.sentence()) />
                    </section>
                }
            }
        </Below>
    }
}

const FIELDS: [&str; 2] = ["name", "account_password"];

/// Asks the server for a challenge, the browser for a passkey, and posts that like any other form.
#[island]
fn AddForm(
    email: String,
    /// Why the passkey before was not taken.
    refused: Option<String>,
) -> impl IntoView {
    let refusal = RwSignal::new(None::<UiError>);
    let message = RwSignal::new(refused);
    let is_busy = RwSignal::new(false);
    let (made, send) = (NodeRef::<Input>::new(), NodeRef::<Form>::new());
    let problem = |field: &'static str| {
        Signal::derive(move || refusal.get().and_then(|e| e.problem_of(field)))
    };
    let add = move |name: String, password: String| async move {
        is_busy.set(true);
        message.set(None);
        refusal.set(None);
        match begin_passkey(name, password).await {
            Ok(options) => match browser::passkeys::create(&options).await {
                Ok(credential) => {
                    browser::fill(made.get_untracked(), &credential);
                    if let Some(form) = send.get_untracked() {
                        let _ = form.submit();
                    }
                    return;
                }
                Err(why) => message.set(Some(why.to_owned())),
            },
            Err(error) => {
                message.set(error.message_for(&FIELDS));
                if let UiError::Invalid(problems) = &error
                    && let Some(problem) = problems.first()
                {
                    browser::focus(&problem.field);
                }
                refusal.set(Some(error));
            }
        }
        is_busy.set(false);
    };
    view! {
        // SECURITY: sent before the script is awake, it must not put the password into the address.
        <form
            class="form scripted"
            method="post"
            action=BeginPasskey::PATH
            novalidate
            on:submit:target=move |event| {
                event.prevent_default();
                let form = event.target();
                if let Ok(fields) = FormData::new_with_form(&form) {
                    let text = |name: &str| fields.get(name).as_string().unwrap_or_default();
                    leptos::task::spawn_local(add(text("name"), text("account_password")));
                }
            }
        >
            <Message text=message />
            <TextField
                name="name"
                label="Name"
                hint="So that you know it again: the device or key that it is on."
                autocomplete="off"
                problem=problem("name")
            />
            <input type="text" name="username" autocomplete="username" value=email hidden=true readonly=true />
            <PasswordField
                name="account_password"
                label="Account password"
                hint="The one you sign in with."
                autocomplete="current-password"
                problem=problem("account_password")
            />
            <Submit label="Add a passkey" busy_label="Waiting for your device…" pending=is_busy />
        </form>
        <form method="post" action=FinishPasskey::PATH node_ref=send hidden>
            <input type="hidden" name="credential" node_ref=made />
        </form>
    }
}

#[component]
pub(crate) fn OnePasskey() -> impl IntoView {
    let id = use_params_map()
        .with_untracked(|params| params.get("id"))
        .unwrap_or_default();
    view! {
        <Below title="Passkey">
            {load(
                get_second_factors(),
                move |has| match has.passkeys.iter().find(|passkey| passkey.id == id).cloned() {
                    Some(passkey) => view! { <Change is_last=is_last(&has) passkey=passkey /> }.into_any(),
                    None => view! { <Failure error=UiError::NotFound /> }.into_any(),
                },
            )}
        </Below>
    }
}

fn is_last(has: &FactorsView) -> bool {
    has.app.is_none() && has.passkeys.len() == 1
}

#[component]
fn Change(
    passkey: PasskeyView,
    /// Of all second factors.
    is_last: bool,
) -> impl IntoView {
    let what = if is_last {
        format!("It is your last second factor. {WITHOUT}")
    } else {
        "It no longer signs you in. Your device may go on offering it: remove it there as well."
            .to_owned()
    };
    view! {
        <section class="panel" aria-labelledby="passkey">
            <h2 id="passkey">
                <bdi>{visible(&passkey.name)}</bdi>
            </h2>
            <Rename passkey=passkey.clone() />
        </section>
        <section class="panel" aria-labelledby="remove">
            <h2 id="remove">"Remove this passkey"</h2>
            <p class="panel-intro">{what}</p>
            <PasswordForm
                action=RemovePasskey::PATH
                label="Remove the passkey"
                is_danger=true
                hidden=("id", passkey.id)
                back=None
            />
        </section>
    }
}

#[component]
fn Rename(passkey: PasskeyView) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<RenamePasskey>();
    respond(refused.as_ref());
    let problem = refused.as_ref().and_then(|error| error.problem_of("name"));
    let is_wrong = problem.is_some();
    let name = viewer.typed("name").unwrap_or(passkey.name);
    view! {
        <form class="form" method="post" action=RenamePasskey::PATH novalidate>
            <input type="hidden" name="id" value=passkey.id />
            <FieldFrame
                name="name"
                label="Name"
                hint="So that you know it again: the device or key that it is on."
                problem=Signal::stored(problem)
            >
                <input
                    type="text"
                    id="name"
                    name="name"
                    value=name
                    maxlength="100"
                    autocomplete="off"
                    aria-required="true"
                    aria-describedby=described_by("name", true)
                    aria-invalid=is_wrong.then_some("true")
                />
            </FieldFrame>
            <div class="form-buttons">
                <button type="submit" class="button">
                    "Rename"
                </button>
            </div>
        </form>
    }
}
