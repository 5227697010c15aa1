//! The choice of a service account's role, and how a role is shown.

use domain::Role;
use domain::service_accounts::{NO_ROLE, role_text};
use leptos::prelude::*;

use crate::ui::{Badge, FieldFrame, Tone, described_by};
use crate::viewer::Viewer;

/// The roles that this member may give; the others are not offered.
#[component]
pub(super) fn RoleField(chosen: String, problem: Option<String>) -> impl IntoView {
    let own = Viewer::current().role().unwrap_or(Role::Support);
    let is_wrong = problem.is_some();
    let roles = std::iter::once(None).chain(Role::ALL.map(Some));
    let choices = roles
        .filter(|role| role.is_none_or(|role| own.may_govern(role)))
        .map(|role| {
            let value = role_text(role);
            view! {
                <option value=value selected=value == chosen>
                    {words(role)}
                </option>
            }
        })
        .collect_view();
    view! {
        <FieldFrame
            name="role"
            label="Role"
            hint="Recordings need none. Logs, chat, metadata and captions need any role; the management API asks for what the role may do. Give the least that is enough."
            problem=Signal::stored(problem)
        >
            <select
                id="role"
                name="role"
                aria-describedby=described_by("role", true)
                aria-invalid=is_wrong.then_some("true")
            >
                {choices}
            </select>
        </FieldFrame>
    }
}

const fn words(role: Option<Role>) -> &'static str {
    match role {
        None => "None: recordings only",
        Some(Role::Owner) => "Owner",
        Some(Role::Admin) => "Admin",
        Some(Role::Developer) => "Developer",
        Some(Role::Supervisor) => "Supervisor",
        Some(Role::Support) => "Support",
    }
}

#[component]
pub(super) fn RoleBadge(role: Option<Role>) -> impl IntoView {
    match role {
        None => view! { <Badge tone=Tone::Grey text="Recordings only" /> },
        Some(Role::Owner | Role::Admin) => {
            view! { <Badge tone=Tone::Violet text=words(role) /> }
        }
        Some(_) => view! { <Badge tone=Tone::Blue text=words(role) /> },
    }
}

/// What stands for no role in a form that was not sent yet.
pub(super) const PRESET: &str = NO_ROLE;
