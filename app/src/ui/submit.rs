//! The button that sends a form, and what an island does with the answer.

use leptos::prelude::*;

use crate::browser;
use crate::error::UiError;

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

/// Why the form was refused: by the latest answer in the browser, or by the post that led to this page.
pub(crate) fn refusal<T>(
    answer: impl Fn() -> Option<Result<T, UiError>> + Send + Sync + 'static,
    earlier: Option<UiError>,
) -> Signal<Option<UiError>>
where
    T: Send + Sync + 'static,
{
    Signal::derive(move || match answer() {
        Some(Err(error)) => Some(error),
        Some(Ok(_)) => None,
        None => earlier.clone(),
    })
}

/// Puts the keyboard into the first wrong field of an answer.
pub(crate) fn focus_problem(refusal: Signal<Option<UiError>>) {
    Effect::new(move || {
        if let Some(UiError::Invalid(problems)) = refusal.get()
            && let Some(problem) = problems.first()
        {
            browser::focus(&problem.field);
        }
    });
}
