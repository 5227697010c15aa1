//! A button that prints the page.

use leptos::prelude::*;

/// Shown only where scripts run; elsewhere the browser's own menu prints.
#[island]
pub(crate) fn PrintButton() -> impl IntoView {
    view! {
        <button
            type="button"
            class="button button-small scripted"
            on:click=|_| {
                let _ = window().print();
            }
        >
            "Print"
        </button>
    }
}
