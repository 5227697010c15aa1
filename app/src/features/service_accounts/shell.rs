//! The lines that open a file with a service account, for the shell and for Python.

use domain::service_accounts::commands::{KEY_FILE, SCRIPT_FILE, VARIABLE};
use leptos::prelude::*;

use super::views::ShellView;
use crate::routes::paths;
use crate::ui::Command;

#[component]
pub(super) fn Shell(shell: ShellView) -> impl IntoView {
    let download = data_url("text/x-shellscript", &shell.script);
    view! {
        <section class="panel" id="shell" aria-labelledby="shell-title" tabindex="-1">
            <h2 id="shell-title">"Token for the shell"</h2>
            <p class="panel-intro">
                "Put " <code>{KEY_FILE}</code> " into the folder you work in, and set " <code>{VARIABLE}</code>
                " to the address of a file, as " <a href=paths::RECORDINGS>"the Recordings report"</a> " gives it: "
                <code>{format!("export {VARIABLE}='https://…'")}</code> "."
            </p>
            <h3 class="command-title">"curl"</h3>
            <Command text=shell.curl id="command-curl" title="downloading with curl" />
            <p class="command-note">
                "With this script beside it, which needs bash and openssl. It signs a token for five minutes, and prints the "
                "header line."
            </p>
            <details class="key-file">
                <summary>{SCRIPT_FILE}</summary>
                <Command text=shell.script id="command-script" title="the script that signs tokens" />
            </details>
            <p>
                <a class="button" href=download download=SCRIPT_FILE>
                    "Download "
                    {SCRIPT_FILE}
                </a>
            </p>
            <h3 class="command-title">"Python"</h3>
            <p class="command-note">
                "With Voximplant's own client, unmodified: " <code>"pip install voximplant-apiclient"</code>
            </p>
            <Command text=shell.python id="command-python" title="downloading with Python" />
        </section>
    }
}

/// An address that holds the text itself, so that a link can save it without scripts and without another request.
pub(super) fn data_url(content_type: &str, text: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

    format!(
        "data:{content_type};charset=utf-8,{}",
        utf8_percent_encode(text, NON_ALPHANUMERIC)
    )
}
