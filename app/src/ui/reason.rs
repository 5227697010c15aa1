//! The field that asks why something is done. It is always called `reason`; a page with several gives each an id.

use leptos::prelude::*;

use super::{FieldFrame, described_by};

#[component]
pub(crate) fn ReasonField(
    id: &'static str,
    hint: &'static str,
    /// What was typed when the form was refused.
    typed: Option<String>,
    problem: Option<String>,
) -> impl IntoView {
    let is_wrong = problem.is_some();
    view! {
        <FieldFrame name=id label="Reason" hint=hint problem=Signal::stored(problem)>
            <input
                type="text"
                id=id
                name="reason"
                value=typed
                autocomplete="off"
                aria-required="true"
                aria-describedby=described_by(id, true)
                aria-invalid=is_wrong.then_some("true")
            />
        </FieldFrame>
    }
}
