//! A password field whose text can be shown. Pasting works, and managers know what to fill in (R018).

use leptos::html::Input;
use leptos::prelude::*;

use super::{FieldFrame, described_by};

/// For use inside an island; without scripts it is an ordinary password field.
#[component]
pub(crate) fn PasswordField(
    /// Name and id.
    name: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
    #[prop(into)] problem: Signal<Option<String>>,
    /// The input itself, for an island that fills it.
    #[prop(optional)]
    node_ref: NodeRef<Input>,
    /// Whether the text is shown; shared by fields that are shown together.
    #[prop(optional)]
    is_shown: RwSignal<bool>,
    /// Called with the text after each change.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    view! {
        <FieldFrame name=name label=label hint=hint problem=problem>
            <div class="password">
                <input
                    type=move || if is_shown.get() { "text" } else { "password" }
                    id=name
                    name=name
                    node_ref=node_ref
                    autocomplete=autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-required="true"
                    aria-describedby=described_by(name, !hint.is_empty())
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    on:input:target=move |event| {
                        if let Some(on_change) = on_change {
                            on_change.run(event.target().value());
                        }
                    }
                />
                <button
                    type="button"
                    class="password-toggle scripted"
                    aria-controls=name
                    aria-pressed=move || is_shown.get().to_string()
                    aria-label=format!("Show: {label}")
                    on:click=move |_| is_shown.update(|shown| *shown = !*shown)
                >
                    {move || if is_shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
        </FieldFrame>
    }
}
