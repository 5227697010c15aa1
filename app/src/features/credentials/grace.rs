//! The choice of how long the old password is accepted.

use domain::credentials::Grace;
use leptos::prelude::*;

use crate::ui::{FieldFrame, described_by, typed_before};

#[component]
pub(crate) fn GraceField(#[prop(into)] problem: Signal<Option<String>>) -> impl IntoView {
    // Who chose a day and mistyped the password must not end the old one at once by typing it again.
    let chosen = typed_before("grace").and_then(|typed| typed.parse().ok());
    view! {
        <FieldFrame
            name="grace"
            label="The old password"
            hint="A while gives you time to change your programs. Refuse it at once if somebody has it who should not."
            problem=problem
        >
            <select id="grace" name="grace" autocomplete="off" aria-describedby=described_by("grace", true)>
                {Grace::ALL
                    .map(|grace| {
                        let is_chosen = chosen == Some(grace);
                        view! {
                            <option value=grace.hours().to_string() selected=is_chosen>
                                {words(grace)}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </FieldFrame>
    }
}

const fn words(grace: Grace) -> &'static str {
    match grace {
        Grace::None => "is refused at once",
        Grace::Hour => "is accepted for another hour",
        Grace::Day => "is accepted for another 24 hours",
        Grace::ThreeDays => "is accepted for another 72 hours",
    }
}
