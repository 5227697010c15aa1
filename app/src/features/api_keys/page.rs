//! Page `/account/api-keys`: the switch, a new key, those in force; right after one was made, the key too.

use domain::Permission;
use domain::api_keys::MadeApiKey;
use domain::service_accounts::parse_role;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{MakeApiKey, RevokeApiKey, SwitchApiKeys, get_api_keys};
use super::list::Keys;
use super::views::{KeysView, OwnerView};
use crate::answer::Answer;
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{
    Badge, Confirm, CopyButton, Empty, FieldFrame, Message, Shape, Tone, Warning, described_by,
    visible,
};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ApiKeys() -> impl IntoView {
    view! {
        <Frame place=Place::ApiKeys>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ManageServiceAccounts) {
                    load(get_api_keys(), move |found| show(found, &viewer)).into_any()
                } else {
                    view! { <NotForYou /> }.into_any()
                }
            }
        </Frame>
    }
}

fn show(found: KeysView, viewer: &Viewer) -> impl IntoView + use<> {
    let made = match &viewer.answer {
        Some(Answer::ApiKey(made)) => Some(made.clone()),
        _ => None,
    };
    // Its form says why, where there is one.
    let not_made = (!found.are_taken)
        .then(|| viewer.refusal_of::<MakeApiKey>())
        .flatten();
    let refused = viewer
        .refusal_of::<RevokeApiKey>()
        .or_else(|| viewer.refusal_of::<SwitchApiKeys>())
        .or(not_made);
    if let Some(error) = &refused {
        respond_with(error);
    }
    let is_empty = found.keys.is_empty();
    // What would be refused is not offered.
    let mut owners = found.owners;
    owners.retain(|one| may_govern(viewer, &one.role));
    let are_taken = found.are_taken;
    view! {
        <Message text=Signal::stored(refused.map(|error| error.sentence())) />
        {made.map(|made| view! { <Once made=made /> })}
        <Switch are_taken=are_taken number=found.account_number />
        {are_taken.then(|| view! { <Make owners=owners viewer=viewer.clone() /> })}
        {(are_taken || !is_empty)
            .then(|| view! { <Keys keys=found.keys are_taken=are_taken viewer=viewer.clone() /> })}
    }
}

/// A key that was just made, this once.
#[component]
fn Once(made: MadeApiKey) -> impl IntoView {
    let key = made.key.reveal().to_owned();
    let number = made.account_number.to_string();
    view! {
        <section class="panel once" aria-labelledby="once" role="status">
            <h2 id="once">"Copy the key of “" <bdi>{visible(&made.name)}</bdi> "” now"</h2>
            <p class="panel-intro">
                "It is not shown again: only a hash of it is kept. If you lose it, make another and revoke this one. Programs "
                "send both as parameters, best in the body and not in the address."
            </p>
            <dl class="facts">
                <div>
                    <dt><code>"account_id"</code></dt>
                    <dd>
                        <code data-value="">{number.clone()}</code>
                        <CopyButton text=number label="Copy the account's number" />
                    </dd>
                </div>
                <div>
                    <dt><code>"api_key"</code></dt>
                    <dd>
                        <code data-value="">{key.clone()}</code>
                        <CopyButton text=key label="Copy the API key" />
                    </dd>
                </div>
            </dl>
        </section>
    }
}

#[component]
fn Switch(are_taken: bool, number: i64) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="switch">
            <div class="panel-head">
                <h2 id="switch" class="panel-title">
                    "API keys"
                    <Badge tone=Tone::Amber text="Deprecated" />
                    {if are_taken {
                        view! { <Badge tone=Tone::Green text="On" /> }
                    } else {
                        view! { <Badge tone=Tone::Grey text="Off" /> }
                    }}
                </h2>
            </div>
            <p class="panel-intro">
                "Older programs of the management API send " <code>"account_id"</code> " (" <code>{number}</code> ") and "
                <code>"api_key"</code> " as parameters. New ones should sign tokens with the key file of a "
                <a href=paths::SERVICE_ACCOUNTS>"service account"</a> "."
            </p>
            <Warning>
                "A key that stands in an address is kept by proxies and histories, and does not expire. Switch this on only for "
                "programs that cannot be changed yet; every answer to them says that the way is deprecated."
            </Warning>
            {if are_taken {
                view! {
                    <Confirm label="Switch off…">
                        <p>
                            "Programs that send an API key are refused from their next call on. The keys stay, and count again when "
                            "you switch them on."
                        </p>
                        <form method="post" action=SwitchApiKeys::PATH>
                            <input type="hidden" name="are_taken" value="false" />
                            <button type="submit" class="button button-danger">
                                "Switch API keys off"
                            </button>
                        </form>
                    </Confirm>
                }
                    .into_any()
            } else {
                view! {
                    <form method="post" action=SwitchApiKeys::PATH>
                        <input type="hidden" name="are_taken" value="true" />
                        <button type="submit" class="button">
                            "Switch API keys on"
                        </button>
                    </form>
                }
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn Make(owners: Vec<OwnerView>, viewer: Viewer) -> impl IntoView {
    let refused = viewer.refusal_of::<MakeApiKey>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let problem = refused.as_ref().and_then(|error| error.problem_of("owner"));
    let is_wrong = problem.is_some();
    let message = refused.and_then(|error| error.message_for(&["owner"]));
    let typed = viewer
        .typed_in(MakeApiKey::PATH, "owner")
        .unwrap_or_default();
    if owners.is_empty() {
        return view! {
            <Empty shape=Shape::Key title="There is no service account yet">
                <p>"An API key is one of a service account, and may what that may. Create a service account first."</p>
                <a class="button button-primary" href=paths::SERVICE_ACCOUNTS>
                    "To the service accounts"
                </a>
            </Empty>
        }
        .into_any();
    }
    let choices = owners.into_iter().map(move |one| {
        let is_chosen = one.id == typed;
        let text = format!("{} ({})", visible(&one.name), role_words(&one.role));
        view! {
            <option value=one.id selected=is_chosen>
                {text}
            </option>
        }
    });
    view! {
        <section class="panel" aria-labelledby="make">
            <h2 id="make">"Make a key"</h2>
            <form class="form form-wide" method="post" action=MakeApiKey::PATH novalidate>
                <Message text=Signal::stored(message) />
                <FieldFrame
                    name="owner"
                    label="Service account"
                    hint="The key may what it may, and ends with it."
                    problem=Signal::stored(problem)
                >
                    <select
                        id="owner"
                        name="owner"
                        aria-describedby=described_by("owner", true)
                        aria-invalid=is_wrong.then_some("true")
                    >
                        {choices.collect_view()}
                    </select>
                </FieldFrame>
                <button type="submit" class="button button-primary">
                    "Make the key"
                </button>
            </form>
        </section>
    }
    .into_any()
}

/// Only owners hand out or take away what has an owner's power.
pub(super) fn may_govern(viewer: &Viewer, role: &str) -> bool {
    let role = parse_role(role).ok().flatten();
    role.is_none_or(|role| viewer.role().is_some_and(|own| own.may_govern(role)))
}

/// The role as people read it.
pub(super) fn role_words(role: &str) -> String {
    if role == "none" {
        "no role".to_owned()
    } else {
        format!("role {role}")
    }
}

#[component]
fn NotForYou() -> impl IntoView {
    respond_with(&UiError::Forbidden);
    view! {
        <Empty shape=Shape::Key title="Owners and admins look after this">
            <p>
                "Here they decide whether older programs may send an API key, and make and revoke keys. Ask one of them, or look at "
                <a href=paths::ACCOUNT>"your profile"</a> "."
            </p>
        </Empty>
    }
}
