//! Page `/members/{id}`: one member's role, password reset, disabling and removing.

use domain::{Permission, Role};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

use super::api::{ChangeRole, DisableMember, EnableMember, MemberView, RemoveMember, list_members};
use crate::error::UiError;
use crate::features::invitations::{LinkBox, OneTimeLink, take_link};
use crate::features::password_resets::StartReset;
use crate::features::second_factors::ResetSecondFactorForm;
use crate::layout::{Failure, Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Confirm, Icon, Message, Shape, Time, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn MemberPage() -> impl IntoView {
    let id = use_params_map()
        .with_untracked(|params| params.get("id"))
        .unwrap_or_default();
    view! {
        <Frame place=Place::Members>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ManageMembers) {
                    load(find(id), move |found| show(found, &viewer)).into_any()
                } else {
                    view! { <Failure error=UiError::Forbidden /> }.into_any()
                }
            }
        </Frame>
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Found {
    member: MemberView,
    link: Option<OneTimeLink>,
}

async fn find(id: String) -> Result<Found, UiError> {
    let members = list_members().await?;
    let member = members
        .into_iter()
        .find(|member| member.id.to_string() == id)
        .ok_or(UiError::NotFound)?;
    Ok(Found {
        member,
        link: take_link().await?,
    })
}

fn show(found: Found, viewer: &Viewer) -> impl IntoView + use<> {
    let own = viewer.role().unwrap_or(Role::Support);
    let member = found.member;
    let may_change = own.may_govern(member.role) && !member.is_you;
    let refused = [
        ChangeRole::PATH,
        DisableMember::PATH,
        EnableMember::PATH,
        RemoveMember::PATH,
        StartReset::PATH,
    ]
    .into_iter()
    .find_map(|form| viewer.refusal_at(form))
    .map(|error| error.sentence());
    view! {
        {found.link.map(|link| view! { <LinkBox link=link /> })}
        <Message text=Signal::stored(refused) />
        <Facts member=member.clone() />
        {if may_change {
            view! { <Changes member=member own=own /> }.into_any()
        } else {
            let why = if member.is_you {
                "This is you. So that nobody locks oneself out, only another owner or admin changes your role."
            } else {
                "Only an owner can change an owner."
            };
            view! { <p class="hint">{why}</p> }.into_any()
        }}
    }
}

#[component]
fn Facts(member: MemberView) -> impl IntoView {
    view! {
        <p class="back">
            <a href=paths::MEMBERS>
                <Icon shape=Shape::Left />
                "All members"
            </a>
        </p>
        <section class="panel" aria-labelledby="member">
            <h2 id="member" class="row-title">
                <bdi>{visible(&member.name)}</bdi>
                {member.is_disabled.then(|| view! { <Badge tone=Tone::Grey text="Disabled" /> })}
            </h2>
            <dl class="facts">
                <div>
                    <dt>"E-mail"</dt>
                    <dd>
                        <bdi>{visible(&member.email)}</bdi>
                    </dd>
                </div>
                <div>
                    <dt>"Role"</dt>
                    <dd class="capitalised">{member.role.as_str()}</dd>
                </div>
                <div>
                    <dt>"Second factor"</dt>
                    <dd>{if member.has_second_factor { "On" } else { "Off" }}</dd>
                </div>
                <div>
                    <dt>"Last seen"</dt>
                    <dd>
                        {match member.last_seen {
                            Some(at) => view! { <Time moment=at /> }.into_any(),
                            None => "Never signed in".into_any(),
                        }}
                    </dd>
                </div>
            </dl>
        </section>
    }
}

#[component]
fn Changes(member: MemberView, own: Role) -> impl IntoView {
    let id = member.id.to_string();
    view! {
        <section class="panel" aria-labelledby="role-title">
            <h2 id="role-title">"Role"</h2>
            <form class="form" method="post" action=ChangeRole::PATH>
                <input type="hidden" name="member" value=id.clone() />
                <RoleChoices current=member.role own=own />
                <button type="submit" class="button">
                    "Change role"
                </button>
            </form>
        </section>
        {(!member.is_disabled).then(|| view! { <Reset id=id.clone() /> })}
        {member.has_second_factor.then(|| view! { <ResetSecondFactorForm id=id.clone() /> })}
        <section class="panel" aria-labelledby="access-title">
            <h2 id="access-title">"Access"</h2>
            {if member.is_disabled {
                view! { <Enable id=id.clone() /> }.into_any()
            } else {
                view! { <Disable id=id.clone() /> }.into_any()
            }}
        </section>
        <section class="panel" aria-labelledby="remove-title">
            <h2 id="remove-title">"Remove"</h2>
            <p class="panel-intro">"For somebody who does not come back. To stop access for a while, disable the member."</p>
            <Remove id=id name=visible(&member.name) />
        </section>
    }
}

/// The roles that may be given, each with what it is for.
#[component]
pub(crate) fn RoleChoices(current: Role, own: Role) -> impl IntoView {
    let given = Role::ALL
        .into_iter()
        .filter(move |role| own.may_govern(*role));
    view! {
        <fieldset class="choices">
            <legend class="visually-hidden">"Role"</legend>
            {given
                .map(|role| {
                    let id = format!("role-{}", role.as_str());
                    let text = format!("{id}-text");
                    view! {
                        <div class="choice">
                            <input
                                type="radio"
                                id=id.clone()
                                name="role"
                                value=role.as_str()
                                checked=role == current
                                aria-describedby=text.clone()
                            />
                            <label for=id class="capitalised">
                                {role.as_str()}
                            </label>
                            <p id=text>{role.sentence()}</p>
                        </div>
                    }
                })
                .collect_view()}
        </fieldset>
    }
}

#[component]
fn Reset(id: String) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="reset-title">
            <h2 id="reset-title">"Forgotten password"</h2>
            <p class="panel-intro">
                "Starts a reset: the member gets a link with which to set a new account password. You never see or set \
                it. Where this installation sends mail, the link goes to the member alone; where it does not, you are \
                shown the link, to hand it on."
            </p>
            <form method="post" action=StartReset::PATH>
                <input type="hidden" name="member" value=id />
                <button type="submit" class="button">
                    "Start a reset"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Disable(id: String) -> impl IntoView {
    view! {
        <p class="panel-intro">
            "A disabled member is signed out everywhere at once and cannot sign in until enabled again."
        </p>
        <form method="post" action=DisableMember::PATH>
            <input type="hidden" name="member" value=id />
            <button type="submit" class="button">
                "Disable"
            </button>
        </form>
    }
}

#[component]
fn Enable(id: String) -> impl IntoView {
    view! {
        <p class="panel-intro">"This member cannot sign in."</p>
        <form method="post" action=EnableMember::PATH>
            <input type="hidden" name="member" value=id />
            <button type="submit" class="button">
                "Enable"
            </button>
        </form>
    }
}

#[component]
fn Remove(id: String, name: String) -> impl IntoView {
    view! {
        <Confirm label="Remove…">
            <p>
                "Remove " <strong>
                    <bdi>{name}</bdi>
                </strong>
                " from the account? All sign-ins end at once. What the member did stays in the audit. To come back, \
                the member has to be invited again."
            </p>
            <form method="post" action=RemoveMember::PATH>
                <input type="hidden" name="member" value=id />
                <button type="submit" class="button button-danger">
                    "Remove from the account"
                </button>
            </form>
        </Confirm>
    }
}
