//! The form that gives a session its title and tags.

use domain::sessions::SessionId;
use domain::sessions::description::Description;
use leptos::form::ActionForm;
use leptos::prelude::*;

use super::api::DescribeSession;
use crate::error::UiError;
use crate::ui::{FieldFrame, Message, Submit, described_by, focus_problem, refusal};

const FIELDS: [&str; 2] = ["title", "tags"];

#[island]
pub(crate) fn DescriptionForm(
    session: SessionId,
    title: String,
    /// With commas between them.
    tags: String,
    /// What the session is called without a title.
    room: String,
    /// Why the last attempt was refused, without scripts.
    refused: Option<UiError>,
) -> impl IntoView {
    let action = ServerAction::<DescribeSession>::new();
    let refusal = refusal(move || action.value().get(), refused);
    focus_problem(refusal);
    let problem = move |field: &'static str| {
        Signal::derive(move || {
            refusal.with(|error| error.as_ref().and_then(|e| e.problem_of(field)))
        })
    };
    let message = Signal::derive(move || {
        refusal.with(|error| error.as_ref().and_then(|e| e.message_for(&FIELDS)))
    });
    let wrong = move |field| problem(field).with(Option::is_some).then_some("true");
    view! {
        <ActionForm action=action attr:class="form" attr:novalidate=true>
            <Message text=message />
            <input type="hidden" name="session" value=session.to_string() />
            <FieldFrame
                name="title"
                label="Title"
                hint="Empty: the session is called after its room."
                problem=problem("title")
            >
                <input
                    type="text"
                    id="title"
                    name="title"
                    value=title
                    placeholder=room
                    maxlength=Description::MAX_TITLE.to_string()
                    autocomplete="off"
                    aria-describedby=described_by("title", true)
                    aria-invalid=move || wrong("title")
                />
            </FieldFrame>
            <FieldFrame name="tags" label="Tags" hint="With commas between them, at most 20." problem=problem("tags")>
                <input
                    type="text"
                    id="tags"
                    name="tags"
                    value=tags
                    autocomplete="off"
                    aria-describedby=described_by("tags", true)
                    aria-invalid=move || wrong("tags")
                />
            </FieldFrame>
            <Submit label="Save" busy_label="Saving…" pending=action.pending() />
        </ActionForm>
    }
}
