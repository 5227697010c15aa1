//! What a secret may do, in words.

use domain::Permission;
use domain::api_secrets::ApiRights;
use leptos::prelude::*;

use crate::ui::{Badge, Tone};

/// A right that a secret can be given beside reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right {
    /// Of its field in the form.
    pub(super) field: &'static str,
    /// In a badge.
    pub(super) word: &'static str,
    pub(super) label: &'static str,
    pub(super) sentence: &'static str,
    /// What somebody must be allowed to give it; None: making secrets is enough.
    pub(super) asks: Option<Permission>,
    pub(super) is_given: fn(ApiRights) -> bool,
}

pub(super) const RIGHTS: [Right; 4] = [
    Right {
        field: "may_write",
        word: "Write",
        label: "Write",
        sentence: "Upload files, change titles and tags of sessions, and manage webhooks of the project.",
        asks: None,
        is_given: |rights| rights.may_write,
    },
    Right {
        field: "may_delete",
        word: "Delete",
        label: "Delete",
        sentence: "Move files of the project to the trash, where they can be restored for 30 days, and back.",
        asks: Some(Permission::DeleteFiles),
        is_given: |rights| rights.may_delete,
    },
    Right {
        field: "may_set_access",
        word: "Secure mode",
        label: "Set secure mode",
        sentence: "Open and close the project's files to anyone with the address: secure mode, the hours of the public window, and the secure mark of single files.",
        asks: Some(Permission::SetPolicies),
        is_given: |rights| rights.may_set_access,
    },
    Right {
        field: "may_manage_credentials",
        word: "Access credentials",
        label: "Manage access credentials",
        sentence: "Rotate and revoke the credentials that open session files, of the whole account and not only of this project.",
        asks: Some(Permission::ManageCredentials),
        is_given: |rights| rights.may_manage_credentials,
    },
];

#[component]
pub(super) fn RightBadges(rights: ApiRights) -> impl IntoView {
    view! {
        <Badge tone=Tone::Grey text="Read" />
        {RIGHTS
            .into_iter()
            .filter(|right| (right.is_given)(rights))
            .map(|right| {
                let tone = if right.asks.is_some() { Tone::Amber } else { Tone::Blue };
                view! { <Badge tone=tone text=right.word /> }
            })
            .collect_view()}
    }
}
