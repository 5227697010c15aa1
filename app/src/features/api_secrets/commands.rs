//! Ready commands that speak to the APIs as a project.

use leptos::prelude::*;

use super::views::CommandView;
use crate::ui::Command;

#[component]
pub(super) fn Commands(commands: Vec<CommandView>, keep_in_file: String) -> impl IntoView {
    view! {
        <section class="panel" id="commands" aria-labelledby="commands-title" tabindex="-1">
            <h2 id="commands-title">"Ready commands"</h2>
            <p class="panel-intro">
                "For a shell. curl asks for the API secret, so it stands in no history and no list of processes."
            </p>
            <div class="commands">
                {commands
                    .into_iter()
                    .enumerate()
                    .map(|(place, command)| view! { <Ready command=command is_open=place == 0 /> })
                    .collect_view()}
            </div>
            <h3 class="command-title">"In a script"</h3>
            <p class="panel-intro">
                "Keep the secret in a file that only you can read. This asks for it once; then write "
                <code>"--netrc-file ~/.reelgate-netrc"</code> " in place of " <code>"--user"</code>
                " and the identifier."
            </p>
            <Command text=keep_in_file id="command-file" title="keeping the secret in a file" />
        </section>
    }
}

/// One opens at a time: browsers close the others of the same name.
#[component]
fn Ready(command: CommandView, is_open: bool) -> impl IntoView {
    let CommandView {
        slug,
        title,
        text,
        note,
    } = command;
    view! {
        <details name="command" open=is_open>
            <summary>{title.clone()}</summary>
            <Command text=text id=format!("command-{slug}") title=title />
            <p class="command-note">{note}</p>
        </details>
    }
}
