//! The keys in force: whose each is, who uses it, and the way to end it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::RevokeApiKey;
use super::page::{may_govern, role_words};
use super::views::KeyView;
use crate::ui::{Confirm, Time, visible};
use crate::viewer::Viewer;

#[component]
pub(super) fn Keys(keys: Vec<KeyView>, are_taken: bool, viewer: Viewer) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="keys">
            <h2 id="keys">"Keys"</h2>
            {(!are_taken)
                .then(|| {
                    view! { <p class="panel-intro">"They are kept, and none is accepted while API keys are switched off."</p> }
                })}
            {if keys.is_empty() {
                view! { <p class="none">"No API key: no program can call with one yet."</p> }.into_any()
            } else {
                view! {
                    <ul class="secrets" aria-label="API keys in force">
                        {keys
                            .into_iter()
                            .map(|key| {
                                let may_revoke = may_govern(&viewer, &key.role);
                                view! { <Key key_view=key may_revoke=may_revoke /> }
                            })
                            .collect_view()}
                    </ul>
                }
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn Key(key_view: KeyView, may_revoke: bool) -> impl IntoView {
    let key = key_view;
    let name = visible(&key.name);
    let last_use = match key.last_use {
        Some((at, address)) => view! {
            <Time moment=at />
            <span class="detail">"from " {address}</span>
        }
        .into_any(),
        None => "Never".into_any(),
    };
    let by = key
        .made_by
        .map_or_else(|| "the operator".to_owned(), |name| visible(&name));
    view! {
        <li class="secret">
            <div class="secret-head">
                <p class="secret-name">
                    <bdi>{name.clone()}</bdi>
                    " "
                    <code class="secret-hint">"…" {key.hint.clone()}</code>
                </p>
                <p class="detail">{role_words(&key.role)}</p>
            </div>
            <dl class="secret-facts">
                <div>
                    <dt>"Last use"</dt>
                    <dd>{last_use}</dd>
                </div>
                <div>
                    <dt>"Made"</dt>
                    <dd>
                        <Time moment=key.made />
                        <span class="detail">"by " {by}</span>
                    </dd>
                </div>
            </dl>
            {may_revoke
                .then(|| {
                    view! {
                        <Confirm label="Revoke…">
                            <p>
                                "Programs that use this key of “" {name} "” (…" {key.hint}
                                ") are refused from their next call on. It cannot be brought back."
                            </p>
                            <form method="post" action=RevokeApiKey::PATH>
                                <input type="hidden" name="id" value=key.id />
                                <button type="submit" class="button button-danger">
                                    "Revoke for good"
                                </button>
                            </form>
                        </Confirm>
                    }
                })}
        </li>
    }
}
