//! The old password while it is still accepted: until when, who is on it, and the button that ends it.

use domain::credentials::OldCallerState;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};

use super::api::EndGrace;
use crate::ui::{Badge, Confirm, Moment, Time, Tone, grouped, visible};

/// An old password, written out for one viewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OldPasswordView {
    /// Of the credential.
    pub(crate) id: String,
    pub(crate) until: Moment,
    pub(crate) callers: Vec<OldCallerView>,
}

/// Somebody who used it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OldCallerView {
    pub(crate) address: String,
    pub(crate) client: String,
    pub(crate) last_seen: Moment,
    pub(crate) requests: u64,
    pub(crate) state: OldCallerState,
}

#[component]
pub(crate) fn OldPassword(old: OldPasswordView) -> impl IntoView {
    let still = old
        .callers
        .iter()
        .filter(|caller| caller.state == OldCallerState::Still)
        .count();
    let unseen = old
        .callers
        .iter()
        .filter(|caller| caller.state == OldCallerState::Unseen)
        .count();
    let verdict = match (still, unseen) {
        (0, 0) => "Nobody who is known to have used it still does: you can end it.".to_owned(),
        (0, _) => "Nobody has used it since the change. Those below that have not called since may still hold it.".to_owned(),
        (1, _) => "One caller still uses it.".to_owned(),
        (n, _) => format!("{n} callers still use it."),
    };
    view! {
        <p class="panel-intro">
            "The old password is accepted until "
            <Time moment=old.until />
            ". "
            <strong>{verdict}</strong>
        </p>
        {(!old.callers.is_empty()).then(|| view! { <Callers callers=old.callers /> })}
        <Confirm label="End it now…">
            <p>
                "The old password is refused from the next request on, everywhere. It cannot be brought back."
            </p>
            <form method="post" action=EndGrace::PATH>
                <input type="hidden" name="id" value=old.id />
                <button type="submit" class="button button-danger">
                    "End the old password"
                </button>
            </form>
        </Confirm>
    }
}

#[component]
fn Callers(callers: Vec<OldCallerView>) -> impl IntoView {
    view! {
        <div class="scroll" role="region" aria-label="Callers of the old password" tabindex="0">
            <table class="list">
                <caption class="visually-hidden">"Who used the old password"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Client"</th>
                        <th scope="col">"Address"</th>
                        <th scope="col">"Last with the old password"</th>
                        <th scope="col" class="number">
                            "Requests since the change"
                        </th>
                        <th scope="col">"State"</th>
                    </tr>
                </thead>
                <tbody>{callers.into_iter().map(|caller| view! { <CallerRow caller=caller /> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn CallerRow(caller: OldCallerView) -> impl IntoView {
    let (tone, words) = match caller.state {
        OldCallerState::Still => (Tone::Violet, "Still on it"),
        OldCallerState::Unseen => (Tone::Grey, "Not seen since"),
        OldCallerState::Switched => (Tone::Green, "Switched"),
    };
    view! {
        <tr>
            <th scope="row">{client_words(&caller.client)}</th>
            <td>
                <code>{caller.address}</code>
            </td>
            <td>
                <Time moment=caller.last_seen />
            </td>
            <td class="number">{grouped(caller.requests)}</td>
            <td>
                <Badge tone=tone text=words />
            </td>
        </tr>
    }
}

/// What a caller calls itself, made safe to look at.
pub(crate) fn client_words(client: &str) -> String {
    if client.is_empty() {
        "No name given".to_owned()
    } else {
        visible(client)
    }
}
