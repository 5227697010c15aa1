//! "Use these from a program": ready commands for one file of the report, each to copy.

use domain::files::commands::{PASSWORD, USERNAME, shell_quoted};
use leptos::prelude::*;

use super::api::{FileUse, ReadyCommand};
use super::table::kind_name;
use crate::routes::paths;
use crate::ui::{Command, visible};

/// Part of the page that links of the report lead to.
pub(super) const ANCHOR: &str = "use";

/// The address of the report with the commands for this file above it; `query` is the report's own, with its `?`.
pub(super) fn href(query: &str, file: &str) -> String {
    let joint = if query.is_empty() { '?' } else { '&' };
    format!("{query}{joint}use={file}#{ANCHOR}")
}

#[component]
pub(super) fn UseFromProgram(
    file: FileUse,
    /// The report without this panel.
    close: String,
) -> impl IntoView {
    let name = visible(&file.name);
    view! {
        <section class="panel use" id=ANCHOR aria-labelledby="use-title" tabindex="-1">
            <div class="use-head">
                <h2 id="use-title">"Use " <bdi>{name}</bdi> " from a program"</h2>
                <a class="button button-small" href=close>
                    "Close"
                </a>
            </div>
            <p class="panel-intro">
                "Ready commands for this " {kind_name(file.kind).to_lowercase()}
                " file. They read user name and password of the "
                <a href=paths::RECORDING_SETTINGS>"access credential"</a>
                " from two environment variables, so neither stands in a script or a history. Set them first:"
            </p>
            <Command text=environment(file.username.as_deref()) id="use-environment" title="setting the variables" />
            <div class="commands">
                {file
                    .commands
                    .into_iter()
                    .enumerate()
                    .map(|(place, command)| view! { <Ready command=command is_open=place == 0 /> })
                    .collect_view()}
            </div>
        </section>
    }
}

/// One opens at a time: browsers close the others of the same name.
#[component]
fn Ready(command: ReadyCommand, is_open: bool) -> impl IntoView {
    let ReadyCommand {
        slug,
        title,
        text,
        note,
    } = command;
    view! {
        <details name="use" open=is_open>
            <summary>{title.clone()}</summary>
            <Command text=text id=format!("use-{slug}") title=title />
            {note.map(|note| view! { <p class="command-note">{note}</p> })}
        </details>
    }
}

/// Sets the variables in a shell. The password is asked for, so that it stays out of the shell's history.
fn environment(username: Option<&str>) -> String {
    let username = username.map_or_else(|| "'…'".to_owned(), shell_quoted);
    format!(
        "export {USERNAME}={username}\nprintf 'Access password: '; stty -echo; IFS= read -r {PASSWORD}; stty echo; echo; export {PASSWORD}"
    )
}
