//! Secure mode and the public window: who can open a project's files without a credential.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::SetProjectAccess;
use super::views::ProjectView;
use crate::ui::{FieldFrame, Message, described_by};
use crate::viewer::Viewer;

#[component]
pub(super) fn AccessPanel(project: ProjectView) -> impl IntoView {
    let viewer = Viewer::current();
    let refused = viewer.refusal_of::<SetProjectAccess>();
    let hours = viewer.typed_in(SetProjectAccess::PATH, "public_hours");
    let hours = hours.unwrap_or_else(|| project.policy.public_hours.to_string());
    let problem = refused
        .as_ref()
        .and_then(|error| error.problem_of("public_hours"));
    let message = refused.and_then(|error| error.message_for(&["public_hours"]));
    let is_secure = project.policy.is_secure;
    // The choice that was refused stays chosen beside its problem.
    let is_secure = is_secure && problem.is_none();
    view! {
        <section class="panel" aria-labelledby="access">
            <h2 id="access">"Who can open the files"</h2>
            <form class="form form-wide" method="post" action=SetProjectAccess::PATH>
                <Message text=Signal::stored(message) />
                <input type="hidden" name="project" value=project.id />
                <fieldset class="choices">
                    <legend>"Secure mode"</legend>
                    <div class="choice">
                        <input
                            type="radio"
                            id="access-secure"
                            name="access"
                            value="secure"
                            checked=is_secure
                            aria-describedby="access-secure-text"
                        />
                        <label for="access-secure">"On (default)"</label>
                        <p id="access-secure-text">
                            "Every file needs a sign-in to the portal, or the access password."
                        </p>
                    </div>
                    <div class="choice">
                        <input
                            type="radio"
                            id="access-open"
                            name="access"
                            value="open"
                            checked=!is_secure
                            aria-describedby="access-open-text"
                        />
                        <label for="access-open">"Off"</label>
                        <p id="access-open-text">
                            "Anyone who has a file's address can open it for a time after the session has ended, without "
                            "being asked. After that it needs a sign-in or the access password. Single files can be "
                            "marked secure, which keeps them closed."
                        </p>
                    </div>
                </fieldset>
                <div class="narrow">
                    <FieldFrame
                        name="public_hours"
                        label="Open for how many hours after the session (if off)"
                        problem=Signal::stored(problem.clone())
                    >
                        <input
                            type="text"
                            id="public_hours"
                            name="public_hours"
                            inputmode="numeric"
                            autocomplete="off"
                            value=hours
                            aria-describedby=described_by("public_hours", false)
                            aria-invalid=problem.is_some().then_some("true")
                        />
                    </FieldFrame>
                </div>
                <p class="hint">"It holds for the next request, for sessions of the past as well."</p>
                <button type="submit" class="button button-primary">
                    "Save who can open files"
                </button>
            </form>
        </section>
    }
}
