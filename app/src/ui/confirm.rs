//! A button that cannot be undone: it opens onto what it does and the button that does it. Works without scripts.

use leptos::prelude::*;

#[component]
pub(crate) fn Confirm(
    /// What the first button says.
    label: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="confirm">
            <summary class="button">{label}</summary>
            <div class="confirm-body">{children()}</div>
        </details>
    }
}
