//! An open invitation among the account's people.

use domain::Role;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{InvitationView, ResendInvitation, WithdrawInvitation};
use crate::ui::{Badge, Time, Tone, visible};

#[component]
pub(crate) fn InvitationRow(
    invitation: InvitationView,
    /// Role of whoever looks.
    own: Role,
) -> impl IntoView {
    let email = visible(&invitation.email);
    let (tone, state) = if invitation.is_expired {
        (Tone::Grey, "Invitation expired")
    } else {
        (Tone::Violet, "Invited")
    };
    let by = invitation
        .invited_by
        .as_deref()
        .map_or_else(|| "the operator".to_owned(), visible);
    let actions = own.may_govern(invitation.role).then(|| {
        let id = invitation.id.to_string();
        let email = invitation.email.clone();
        view! {
            <form method="post" action=ResendInvitation::PATH>
                <input type="hidden" name="id" value=id.clone() />
                <input type="hidden" name="email" value=email.clone() />
                <button type="submit" class="button button-small" aria-label=format!("New link for {email}")>
                    "New link"
                </button>
            </form>
            <form method="post" action=WithdrawInvitation::PATH>
                <input type="hidden" name="id" value=id />
                <button type="submit" class="button button-small" aria-label=format!("Withdraw the invitation of {email}")>
                    "Withdraw"
                </button>
            </form>
        }
    });
    view! {
        <li class="row">
            <div class="row-main">
                <p class="row-title">
                    <bdi>{email}</bdi> <Badge tone=tone text=state />
                </p>
                <p class="row-facts">
                    <span>"By " <bdi>{by}</bdi> ", " <Time moment=invitation.sent /></span>
                    <span>
                        {if invitation.is_expired { "Expired " } else { "Good until " }} <Time moment=invitation.expires />
                    </span>
                </p>
            </div>
            <span class="row-role capitalised">{invitation.role.as_str()}</span>
            <span class="row-actions">{actions}</span>
        </li>
    }
}
