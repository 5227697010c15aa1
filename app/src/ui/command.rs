//! A command, or a small program, to copy.

use leptos::prelude::*;

use super::CopyButton;

#[component]
pub(crate) fn Command(
    #[prop(into)] text: String,
    /// Of the element that holds the text.
    #[prop(into)]
    id: String,
    /// What it is for, for those who cannot see what it stands below.
    #[prop(into)]
    title: String,
) -> impl IntoView {
    view! {
        <div class="command">
            <pre tabindex="0" aria-label=format!("Command: {title}")>
                <code data-value="" id=id>
                    {text.clone()}
                </code>
            </pre>
            <CopyButton text=text label=format!("Copy the command: {title}") caption="Copy" />
        </div>
    }
}
