//! Page `/members`: who is in the account, who is invited, and inviting.

use domain::{Permission, Role};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};

use super::api::{MemberView, list_members};
use super::rights::Rights;
use crate::error::UiError;
use crate::features::invitations::{
    InvitationRow, InvitationView, InviteForm, InviteMember, LinkBox, OneTimeLink,
    ResendInvitation, WithdrawInvitation, list_invitations, take_link,
};
use crate::layout::{Failure, Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Message, Time, Tone, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn Members() -> impl IntoView {
    view! {
        <Frame place=Place::Members>
            {
                let viewer = Viewer::current();
                if viewer.may(Permission::ManageMembers) {
                    load(gather(), move |found| show(found, &viewer)).into_any()
                } else {
                    view! { <Failure error=UiError::Forbidden /> }.into_any()
                }
            }
        </Frame>
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Found {
    members: Vec<MemberView>,
    invitations: Vec<InvitationView>,
    link: Option<OneTimeLink>,
}

async fn gather() -> Result<Found, UiError> {
    Ok(Found {
        members: list_members().await?,
        invitations: list_invitations().await?,
        link: take_link().await?,
    })
}

fn show(found: Found, viewer: &Viewer) -> impl IntoView + use<> {
    let own = viewer.role().unwrap_or(Role::Support);
    let refused = viewer.refusal_of::<InviteMember>();
    let refused_row = [ResendInvitation::PATH, WithdrawInvitation::PATH]
        .into_iter()
        .find_map(|form| viewer.refusal_at(form))
        .map(|error| error.sentence());
    view! {
        {found.link.map(|link| view! { <LinkBox link=link /> })}
        <Message text=Signal::stored(refused_row) />
        <section class="panel" aria-labelledby="people">
            <h2 id="people">"People"</h2>
            <ul class="rows">
                {found.members.into_iter().map(|member| view! { <MemberRow member=member own=own /> }).collect_view()}
                {found
                    .invitations
                    .into_iter()
                    .map(|invitation| view! { <InvitationRow invitation=invitation own=own /> })
                    .collect_view()}
            </ul>
        </section>
        <section class="panel form-line" aria-labelledby="invite">
            <h2 id="invite">"Invite somebody"</h2>
            <p class="panel-intro">
                "You get a link to hand on. It works once, for seven days. Where this installation sends mail, it goes \
                out by mail as well."
            </p>
            <InviteForm may_invite_owners=own.may_govern(Role::Owner) refused=refused />
        </section>
        <section class="panel" aria-labelledby="rights">
            <h2 id="rights">"What each role may do"</h2>
            <Rights />
        </section>
    }
}

#[component]
fn MemberRow(
    member: MemberView,
    /// Role of whoever looks.
    own: Role,
) -> impl IntoView {
    let name = visible(&member.name);
    let may_change = own.may_govern(member.role) && !member.is_you;
    let label = format!("Manage {name}");
    view! {
        <li class="row">
            <div class="row-main">
                <p class="row-title">
                    <bdi>{name}</bdi> {member.is_you.then(|| view! { <Badge tone=Tone::Blue text="You" /> })}
                    {member.is_disabled.then(|| view! { <Badge tone=Tone::Grey text="Disabled" /> })}
                </p>
                <p class="row-facts">
                    <span>
                        <bdi>{visible(&member.email)}</bdi>
                    </span>
                    <span>{if member.has_second_factor { "Second factor on" } else { "No second factor" }}</span>
                    {match member.last_seen {
                        Some(at) => view! { <span>"Last seen " <Time moment=at /></span> }.into_any(),
                        None => view! { <span>"Never signed in"</span> }.into_any(),
                    }}
                </p>
            </div>
            <span class="row-role capitalised">{member.role.as_str()}</span>
            <span class="row-actions">
                {may_change
                    .then(|| {
                        view! {
                            <a class="button button-small" href=paths::member(member.id) aria-label=label>
                                "Manage"
                            </a>
                        }
                    })}
            </span>
        </li>
    }
}
