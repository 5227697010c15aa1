//! A secret that was just made, this once.

use domain::api_secrets::MadeApiSecret;
use leptos::prelude::*;

use crate::ui::{CopyButton, visible};

#[component]
pub(super) fn Once(made: MadeApiSecret) -> impl IntoView {
    let secret = made.secret.reveal().to_owned();
    view! {
        <section class="panel once" aria-labelledby="once" role="status">
            <h2 id="once">"Copy the secret of “" <bdi>{visible(&made.name)}</bdi> "” now"</h2>
            <p class="panel-intro">
                "It is not shown again: only a hash of it is kept. If you lose it, make another and revoke this one. Never put "
                "it into an address."
            </p>
            <dl class="facts">
                <div>
                    <dt>"API identifier"</dt>
                    <dd>
                        <code data-value="">{made.identifier.clone()}</code>
                        <CopyButton text=made.identifier label="Copy the API identifier" />
                    </dd>
                </div>
                <div>
                    <dt>"API secret"</dt>
                    <dd>
                        <code data-value="">{secret.clone()}</code>
                        <CopyButton text=secret label="Copy the API secret" />
                    </dd>
                </div>
            </dl>
            <p>
                <a href="#commands">"Ready commands"</a>
                " to try it are below."
            </p>
        </section>
    }
}
