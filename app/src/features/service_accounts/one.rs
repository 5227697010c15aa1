//! Page `/video/settings/service-accounts/:id`: role, keys, rotation, the end, and the lines that use it. Right after a key
//! was made, its file too.

use domain::Permission;
use domain::credentials::Grace;
use domain::service_accounts::role_text;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{
    ChangeServiceAccountRole, RevokeServiceAccount, RevokeServiceAccountKey, RotateServiceAccount,
    get_service_account,
};
use super::list::{Created, LastUse, NotForYou};
use super::once::Once;
use super::role::{RoleBadge, RoleField};
use super::shell::Shell;
use super::views::{AccountView, KeyView, OneView};
use crate::answer::Answer;
use crate::error::respond_with;
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{
    Badge, Confirm, FieldFrame, Icon, Message, PageTitle, Shape, Time, Tone, described_by, visible,
};
use crate::viewer::Viewer;

#[component]
pub(crate) fn OneServiceAccount() -> impl IntoView {
    let id = use_params_map().with_untracked(|map| map.get("id").unwrap_or_default());
    view! {
        <Frame place=Place::ServiceAccounts>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ManageServiceAccounts) {
                    load(get_service_account(id), move |found| show(found, &viewer)).into_any()
                } else {
                    view! { <NotForYou /> }.into_any()
                }
            }
        </Frame>
    }
}

fn show(found: OneView, viewer: &Viewer) -> impl IntoView + use<> {
    let one = found.account;
    let made = match &viewer.answer {
        Some(Answer::ServiceAccountKey(made)) if made.service_account.to_string() == one.id => {
            Some(made.clone())
        }
        _ => None,
    };
    // Only owners touch what has an owner's power.
    let may_change = one
        .role
        .is_none_or(|role| viewer.role().is_some_and(|own| own.may_govern(role)));
    let is_in_force = one.revoked.is_none();
    // Its form says why, where there is one.
    let role_not_changed = (!(may_change && is_in_force))
        .then(|| viewer.refusal_of::<ChangeServiceAccountRole>())
        .flatten();
    let not_done = viewer
        .refusal_of::<RevokeServiceAccountKey>()
        .or_else(|| viewer.refusal_of::<RotateServiceAccount>())
        .or_else(|| viewer.refusal_of::<RevokeServiceAccount>())
        .or(role_not_changed);
    if let Some(error) = &not_done {
        respond_with(error);
    }
    let name = visible(&one.name);
    view! {
        <PageTitle text=format!("{name} · Service accounts · Settings · Reelgate") />
        <Back />
        <Message text=Signal::stored(not_done.map(|error| error.sentence())) />
        {made.map(|made| view! { <Once made=made /> })}
        <Facts one=one.clone() may_change=may_change && is_in_force />
        {(is_in_force && may_change)
            .then(|| {
                view! {
                    <div class="panel-pair">
                        <Rotation id=one.id.clone() />
                        <RoleForm one=one.clone() />
                    </div>
                }
            })}
        {(is_in_force && !may_change)
            .then(|| {
                view! { <p class="hint">"Only owners change, rotate or revoke a service account of the role owner."</p> }
            })}
        {is_in_force.then(|| view! { <Shell shell=found.shell /> })}
    }
}

#[component]
fn Facts(one: AccountView, may_change: bool) -> impl IntoView {
    let name = visible(&one.name);
    let (id, keys) = (one.id.clone(), one.keys);
    view! {
        <section class="panel" aria-labelledby="one">
            <div class="panel-head">
                <h2 id="one" class="panel-title">
                    <bdi>{name.clone()}</bdi>
                    <RoleBadge role=one.role />
                    {one.revoked.is_some().then(|| view! { <Badge tone=Tone::Red text="Revoked" /> })}
                </h2>
            </div>
            <dl class="secret-facts">
                <div>
                    <dt>"Last use"</dt>
                    <dd>
                        <LastUse last_use=one.last_use />
                    </dd>
                </div>
                <Created moment=one.created by=one.created_by />
                {one
                    .revoked
                    .map(|at| {
                        view! {
                            <div>
                                <dt>"Revoked"</dt>
                                <dd>
                                    <Time moment=at />
                                </dd>
                            </div>
                        }
                    })}
            </dl>
            <h3 class="command-title">"Keys"</h3>
            <ul class="secrets" aria-label="Keys">
                {keys.into_iter().map(|key| view! { <Key key=key owner=id.clone() may_change=may_change /> }).collect_view()}
            </ul>
            {may_change
                .then(|| {
                    view! {
                        <Confirm label="Revoke the service account…">
                            <p>
                                "Programs that use “" {name} "” are refused from their next request on, whichever key they have. "
                                "It cannot be brought back."
                            </p>
                            <form method="post" action=RevokeServiceAccount::PATH>
                                <input type="hidden" name="id" value=one.id />
                                <button type="submit" class="button button-danger">
                                    "Revoke for good"
                                </button>
                            </form>
                        </Confirm>
                    }
                })}
        </section>
    }
}

#[component]
fn Key(key: KeyView, owner: String, may_change: bool) -> impl IntoView {
    let (tone, state) = match (key.is_in_force, key.revoked.is_some(), key.ends.is_some()) {
        (true, _, false) => (Tone::Green, "In force"),
        (true, _, true) => (Tone::Amber, "Ends soon"),
        (false, true, _) => (Tone::Red, "Revoked"),
        (false, false, _) => (Tone::Grey, "Ended"),
    };
    let until = key.revoked.or(key.ends);
    let can_be_revoked = may_change && key.is_in_force;
    view! {
        <li class="secret">
            <div class="secret-head">
                <p class="secret-name">
                    <code class="key-id">{key.id.clone()}</code>
                </p>
                <p class="secret-rights">
                    <Badge tone=tone text=state />
                    {until.map(|at| view! { <Time moment=at /> })}
                </p>
            </div>
            <dl class="secret-facts">
                <div>
                    <dt>"Last use"</dt>
                    <dd>
                        <LastUse last_use=key.last_use />
                    </dd>
                </div>
                <div>
                    <dt>"Made"</dt>
                    <dd>
                        <Time moment=key.created />
                    </dd>
                </div>
            </dl>
            {can_be_revoked
                .then(|| {
                    view! {
                        <Confirm label="Revoke…">
                            <p>
                                "Tokens of this key are refused from the next request on. The other keys of the service account go "
                                "on."
                            </p>
                            <form method="post" action=RevokeServiceAccountKey::PATH>
                                <input type="hidden" name="id" value=owner />
                                <input type="hidden" name="key" value=key.id />
                                <button type="submit" class="button button-danger">
                                    "Revoke this key"
                                </button>
                            </form>
                        </Confirm>
                    }
                })}
        </li>
    }
}

#[component]
fn Rotation(id: String) -> impl IntoView {
    let chosen = Viewer::current().typed_in(RotateServiceAccount::PATH, "grace");
    view! {
        <section class="panel" aria-labelledby="rotate">
            <h2 id="rotate">"Rotate the key"</h2>
            <p class="panel-intro">
                "Makes a new file, shown once. Programs go on with the old key for as long as you choose."
            </p>
            <form class="form" method="post" action=RotateServiceAccount::PATH novalidate>
                <input type="hidden" name="id" value=id />
                <FieldFrame
                    name="grace"
                    label="The old key"
                    hint="A while gives you time to change your programs. Refuse it at once if somebody has it who should not."
                    problem=Signal::stored(None::<String>)
                >
                    <select id="grace" name="grace" autocomplete="off" aria-describedby=described_by("grace", true)>
                        {Grace::ALL
                            .map(|grace| {
                                let value = grace.hours().to_string();
                                // Nobody wants a program to fail by a rotation that was only good housekeeping.
                                let is_chosen = chosen.as_ref().map_or(grace == Grace::Day, |typed| *typed == value);
                                view! {
                                    <option value=value selected=is_chosen>
                                        {words(grace)}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </select>
                </FieldFrame>
                <button type="submit" class="button button-primary">
                    "Make a new key"
                </button>
            </form>
        </section>
    }
}

const fn words(grace: Grace) -> &'static str {
    match grace {
        Grace::None => "is refused at once",
        Grace::Hour => "is accepted for another hour",
        Grace::Day => "is accepted for another 24 hours",
        Grace::ThreeDays => "is accepted for another 72 hours",
    }
}

#[component]
fn RoleForm(one: AccountView) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<ChangeServiceAccountRole>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let problem = refused.as_ref().and_then(|error| error.problem_of("role"));
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&["role"]));
    let chosen = viewer
        .typed_in(ChangeServiceAccountRole::PATH, "role")
        .unwrap_or_else(|| role_text(one.role).to_owned());
    view! {
        <section class="panel" aria-labelledby="role-title">
            <h2 id="role-title">"Role"</h2>
            <p class="panel-intro">"A change holds at once, also for tokens that were signed before."</p>
            <form class="form" method="post" action=ChangeServiceAccountRole::PATH novalidate>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="id" value=one.id />
                <RoleField chosen=chosen problem=problem />
                <button type="submit" class="button">
                    "Change the role"
                </button>
            </form>
        </section>
    }
}

/// The way back to the page of all.
#[component]
pub(super) fn Back() -> impl IntoView {
    view! {
        <p class="back">
            <a href=paths::SERVICE_ACCOUNTS>
                <Icon shape=Shape::Left />
                "All service accounts"
            </a>
        </p>
    }
}
