//! The form that invites somebody.

use domain::Role;
use leptos::prelude::*;

use super::api::InviteMember;
use crate::error::UiError;
use crate::ui::{FieldFrame, FormState, IslandForm, TextField, typed_before};

#[island]
pub(crate) fn InviteForm(
    /// Only owners invite owners.
    may_invite_owners: bool,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let form = FormState::<InviteMember>::new(&["email", "role"], refused);
    let roles = Role::ALL
        .into_iter()
        .filter(move |role| may_invite_owners || *role != Role::Owner)
        // The one with the fewest rights first: nobody gets more by inattention.
        .rev();
    view! {
        <IslandForm form=form label="Invite" busy_label="Inviting…">
            <TextField
                name="email"
                label="E-mail"
                autocomplete="off"
                inputmode="email"
                problem=form.problem("email")
            />
            <FieldFrame name="role" label="Role" hint="The table below says what each may do." problem=form.problem("role")>
                <select id="role" name="role" aria-describedby="role-hint role-problem">
                    {
                        let chosen = typed_before("role");
                        roles
                            .map(|role| {
                                let is_chosen = chosen.as_deref() == Some(role.as_str());
                                view! { <option value=role.as_str() selected=is_chosen>{title(role)}</option> }
                            })
                            .collect_view()
                    }
                </select>
            </FieldFrame>
        </IslandForm>
    }
}

const fn title(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Developer => "Developer",
        Role::Supervisor => "Supervisor",
        Role::Support => "Support",
    }
}
