//! The list of further credentials on Recording Access Control.

use leptos::prelude::*;

use super::api::FurtherView;
use crate::features::credentials::old_password::client_words;
use crate::routes::paths;
use crate::ui::{Badge, Time, Tone, visible};

#[component]
pub(crate) fn FurtherList(credentials: Vec<FurtherView>) -> impl IntoView {
    view! {
        <div class="panel-head">
            <h2 id="further">"Credentials for integrations"</h2>
            <a class="button" href=paths::NEW_CREDENTIAL>
                "Add a credential"
            </a>
        </div>
        <p class="panel-intro">
            "Give each program its own user name and password. Then you see who uses what, and can change or revoke one "
            "without touching the others. All open the same files as the main one."
        </p>
        {if credentials.is_empty() {
            view! { <p class="none">"There are none yet. Every program uses the main user name and password."</p> }.into_any()
        } else {
            view! { <Table credentials=credentials /> }.into_any()
        }}
    }
}

#[component]
fn Table(credentials: Vec<FurtherView>) -> impl IntoView {
    view! {
        <div class="scroll" role="region" aria-label="Table of credentials" tabindex="0">
            <table class="list">
                <caption class="visually-hidden">"Credentials for integrations"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"User name"</th>
                        <th scope="col">"Last use"</th>
                        <th scope="col">"Limits"</th>
                    </tr>
                </thead>
                <tbody>
                    {credentials.into_iter().map(|one| view! { <Row credential=one /> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(credential: FurtherView) -> impl IntoView {
    let last_use = match credential.last_use.clone() {
        Some((at, address, client)) => view! {
            <Time moment=at />
            <span class="detail">{client_words(&client)} " · " {address}</span>
        }
        .into_any(),
        None => "Not used yet".into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=paths::credential(&credential.id)>{visible(&credential.name)}</a>
            </th>
            <td>
                <code>{credential.username.clone()}</code>
            </td>
            <td>{last_use}</td>
            <td>
                <Limits credential=credential />
            </td>
        </tr>
    }
}

/// What bounds it, in badges; nothing said is no bound.
#[component]
fn Limits(credential: FurtherView) -> impl IntoView {
    let expiry = match (credential.is_expired, credential.expires) {
        (true, _) => view! { <Badge tone=Tone::Grey text="Expired" /> }.into_any(),
        (false, Some(at)) => {
            view! { <span class="detail">"until " <Time moment=at /></span> }.into_any()
        }
        (false, None) => ().into_any(),
    };
    let addresses = match credential.networks.as_slice() {
        [] => None,
        [one] => Some(format!("from {one}")),
        several => Some(format!("from {} networks", several.len())),
    };
    let none =
        addresses.is_none() && credential.expires_on.is_empty() && credential.old_until.is_none();
    view! {
        {expiry}
        {addresses.map(|text| view! { <span class="detail">{text}</span> })}
        {credential.old_until.map(|_| view! { <Badge tone=Tone::Blue text="Old password accepted" /> })}
        {none.then_some("None")}
    }
}
