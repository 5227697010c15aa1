//! The file of a key that was just made, this once.

use domain::service_accounts::MadeKey;
use domain::service_accounts::commands::KEY_FILE;
use leptos::prelude::*;

use super::shell::data_url;
use crate::ui::{CopyButton, visible};

#[component]
pub(super) fn Once(made: MadeKey) -> impl IntoView {
    let json = made.to_json().reveal().to_owned();
    view! {
        <section class="panel once" aria-labelledby="once" role="status">
            <h2 id="once">"Download the file of “" <bdi>{visible(&made.name)}</bdi> "” now"</h2>
            <p class="panel-intro">
                "It is not shown again: only the public half of its key is kept. Whoever has it acts as the service account, so "
                "keep it where only the program can read it. If you lose it, rotate the key."
            </p>
            <div class="form-buttons">
                <a class="button button-primary" href=data_url("application/json", &json) download=KEY_FILE>
                    "Download "
                    {KEY_FILE}
                </a>
                <CopyButton text=json.clone() label="Copy the file" caption="Copy" />
            </div>
            <details class="key-file">
                <summary>"Show it"</summary>
                <div class="command">
                    <pre tabindex="0" aria-label="The file of the service account">
                        <code data-value="" id="key-file">
                            {json}
                        </code>
                    </pre>
                </div>
            </details>
            <p>
                <a href="#shell">"Lines to try it"</a>
                " are below."
            </p>
        </section>
    }
}
