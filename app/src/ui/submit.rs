//! The button that sends a form.

use leptos::prelude::*;

/// The button that sends a form; says that it is being sent.
#[component]
pub(crate) fn Submit(
    label: &'static str,
    /// Shown while the answer is awaited.
    busy_label: &'static str,
    #[prop(into)] pending: Signal<bool>,
) -> impl IntoView {
    view! {
        <button type="submit" class="button button-primary" disabled=move || pending.get()>
            {move || if pending.get() { busy_label } else { label }}
        </button>
    }
}
