//! Page `/video/settings/recording/:id`: one further credential. Right after it was made or rotated, its password too.

use domain::Permission;
use domain::credentials::Made;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{FurtherView, RevokeCredential, get_further};
use crate::answer::Answer;
use crate::features::credentials::access_control::NotForYou;
use crate::features::credentials::old_password::{OldPassword, OldPasswordView, client_words};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Confirm, CopyButton, Icon, PageTitle, Shape, Time, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn OneCredential() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("id").unwrap_or_default());
    view! {
        <Frame place=Place::RecordingSettings>
            {if Viewer::current().may(Permission::ManageCredentials) {
                load(get_further(id), |(credential, old)| show(credential, old)).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

fn show(credential: FurtherView, old: Option<OldPasswordView>) -> impl IntoView {
    let viewer = Viewer::current();
    let made = match &viewer.answer {
        Some(Answer::Made(made)) if made.id.to_string() == credential.id => Some(made.clone()),
        _ => None,
    };
    view! {
        <PageTitle text=format!("{} · Settings · Reelgate", visible(&credential.name)) />
        <Back />
        {made.map(|made| view! { <Once made=made public_url=viewer.public_url.clone() /> })}
        <section class="panel" aria-labelledby="credential">
            <div class="panel-head">
                <h2 id="credential">{visible(&credential.name)}</h2>
                <div class="panel-actions">
                    <a class="button" href=paths::credential_edit(&credential.id)>
                        "Edit"
                    </a>
                    <a class="button" href=paths::credential_rotation(&credential.id)>
                        "New password"
                    </a>
                </div>
            </div>
            <Facts credential=credential.clone() />
        </section>
        {old
            .map(|old| {
                view! {
                    <section class="panel panel-marked" aria-labelledby="old">
                        <h2 id="old">"The old password still opens files"</h2>
                        <OldPassword old=old />
                    </section>
                }
            })}
        <section class="panel" aria-labelledby="revoke">
            <h2 id="revoke">"Revoke"</h2>
            <p class="panel-intro">
                "For a program that is no longer used, or a password that got into wrong hands."
            </p>
            <Confirm label="Revoke this credential…">
                <p>
                    "It opens nothing any more from the next request on, everywhere. It cannot be brought back; its name can "
                    "be used again."
                </p>
                <form method="post" action=RevokeCredential::PATH>
                    <input type="hidden" name="id" value=credential.id />
                    <button type="submit" class="button button-danger">
                        "Revoke for good"
                    </button>
                </form>
            </Confirm>
        </section>
    }
}

/// The way back to the page of all credentials.
#[component]
pub(super) fn Back() -> impl IntoView {
    view! {
        <p class="back">
            <a href=paths::RECORDING_SETTINGS>
                <Icon shape=Shape::Left />
                "Recording Access Control"
            </a>
        </p>
    }
}

/// The password, this once.
#[component]
fn Once(made: Made, public_url: String) -> impl IntoView {
    let password = made.password.reveal().to_owned();
    let (scheme, host) = public_url.split_once("://").unwrap_or(("https", ""));
    // Nothing in a generated name or password needs an escape.
    let address = format!("{scheme}://{}:{password}@{host}/files/…", made.username);
    view! {
        <section class="panel once" aria-labelledby="once" role="status">
            <h2 id="once">"Copy the password now"</h2>
            <p class="panel-intro">
                "It is not shown again: only a hash of it is kept. If you lose it, give the credential a new one."
            </p>
            <dl class="facts">
                <div>
                    <dt>"User name"</dt>
                    <dd>
                        <code data-value="">{made.username.clone()}</code>
                        <CopyButton text=made.username label="Copy the user name" />
                    </dd>
                </div>
                <div>
                    <dt>"Password"</dt>
                    <dd>
                        <code data-value="">{password.clone()}</code>
                        <CopyButton text=password label="Copy the password" />
                    </dd>
                </div>
                <div>
                    <dt>"In an address"</dt>
                    <dd>
                        <code>{address}</code>
                    </dd>
                </div>
            </dl>
        </section>
    }
}

#[component]
fn Facts(credential: FurtherView) -> impl IntoView {
    let last_use = match credential.last_use {
        Some((at, address, client)) => view! {
            <Time moment=at />
            {format!(" by {} from {address}", client_words(&client))}
        }
        .into_any(),
        None => "Not used yet".into_any(),
    };
    let expiry = match (credential.expires, credential.is_expired) {
        (None, _) => "Never".into_any(),
        (Some(at), false) => view! { <Time moment=at /> }.into_any(),
        (Some(at), true) => view! {
            <Badge tone=Tone::Grey text="Expired" />
            " "
            <Time moment=at />
        }
        .into_any(),
    };
    let networks = if credential.networks.is_empty() {
        "Anywhere".into_any()
    } else {
        let list = credential.networks.into_iter();
        view! { <ul class="entries">{list.map(|one| view! { <li><code>{one}</code></li> }).collect_view()}</ul> }.into_any()
    };
    view! {
        <dl class="facts">
            <div>
                <dt>"User name"</dt>
                <dd>
                    <code data-value="">{credential.username.clone()}</code>
                    <CopyButton text=credential.username label="Copy the user name" />
                </dd>
            </div>
            <div>
                <dt>"Last use"</dt>
                <dd>{last_use}</dd>
            </div>
            <div>
                <dt>"Expires"</dt>
                <dd>{expiry}</dd>
            </div>
            <div>
                <dt>"Opens files from"</dt>
                <dd>{networks}</dd>
            </div>
            <div>
                <dt>"Made"</dt>
                <dd>
                    <Time moment=credential.created />
                </dd>
            </div>
            <div>
                <dt>"Password changed"</dt>
                <dd>
                    <Time moment=credential.changed />
                </dd>
            </div>
        </dl>
    }
}
