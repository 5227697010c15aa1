//! The form that gives a session its title and tags.

use domain::sessions::SessionId;
use domain::sessions::description::Description;
use leptos::prelude::*;

use super::api::DescribeSession;
use crate::error::UiError;
use crate::ui::{FieldFrame, FormState, IslandForm, described_by};

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
    let form = FormState::<DescribeSession>::new(&FIELDS, refused);
    let wrong = move |field| form.problem(field).with(Option::is_some).then_some("true");
    view! {
        <IslandForm form=form label="Save" busy_label="Saving…">
            <input type="hidden" name="session" value=session.to_string() />
            <FieldFrame
                name="title"
                label="Title"
                hint="Empty: the session is called after its room."
                problem=form.problem("title")
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
            <FieldFrame name="tags" label="Tags" hint="With commas between them, at most 20." problem=form.problem("tags")>
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
        </IslandForm>
    }
}
