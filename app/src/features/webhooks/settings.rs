//! When a project's events are told: the part of the page Webhooks that holds for all endpoints.

use domain::webhooks::WebhookSettings;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::SetWebhookSettings;
use crate::error::{UiError, respond_with};
use crate::ui::{FieldFrame, Message, described_by};
use crate::viewer::Viewer;

const FIELDS: [&str; 2] = ["ready_after_minutes", "expiring_notice_hours"];

#[component]
pub(super) fn SettingsPanel(project: String, settings: WebhookSettings) -> impl IntoView {
    let refused = Viewer::current().refusal_of::<SetWebhookSettings>();
    if let Some(error) = &refused {
        respond_with(error);
    }
    let message = refused
        .as_ref()
        .and_then(|error| error.message_for(&FIELDS));
    view! {
        <section class="panel" aria-labelledby="when">
            <h2 id="when">"When events are told"</h2>
            <form class="form form-wide" method="post" action=SetWebhookSettings::PATH novalidate>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="project" value=project />
                <Number
                    name="ready_after_minutes"
                    label="A session is ready after how many minutes without a further file"
                    hint="Though something is still missing. When everything expected is there, it is told at once."
                    value=settings.ready_after_minutes
                    refused=refused.clone()
                />
                <Number
                    name="expiring_notice_hours"
                    label="Files are announced how many hours before they expire"
                    hint="Where the project's retention ends their time."
                    value=settings.expiring_notice_hours
                    refused=refused
                />
                <button type="submit" class="button">
                    "Save"
                </button>
            </form>
        </section>
    }
}

#[component]
fn Number(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: u32,
    refused: Option<UiError>,
) -> impl IntoView {
    let typed = Viewer::current().typed_in(SetWebhookSettings::PATH, name);
    let problem = refused.as_ref().and_then(|error| error.problem_of(name));
    view! {
        <div class="narrow">
            <FieldFrame name=name label=label hint=hint problem=Signal::stored(problem.clone())>
                <input
                    type="text"
                    id=name
                    name=name
                    inputmode="numeric"
                    autocomplete="off"
                    value=typed.unwrap_or_else(|| value.to_string())
                    aria-describedby=described_by(name, true)
                    aria-invalid=problem.is_some().then_some("true")
                />
            </FieldFrame>
        </div>
    }
}
