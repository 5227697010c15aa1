//! A legal hold: what stands, and the forms that place and lift it. Projects and sessions have them alike.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::{HoldProject, ReleaseProject};
use super::views::HoldView;
use crate::error::UiError;
use crate::ui::{Message, ReasonField, Time, visible};
use crate::viewer::Viewer;

/// The hold on a whole project.
#[component]
pub(super) fn ProjectHold(
    hold: Option<HoldView>,
    project: String,
    may_govern: bool,
    /// Why a form of this panel was refused just before.
    refused: Option<UiError>,
) -> impl IntoView {
    let content = if let Some(hold) = hold {
        view! {
            <Standing hold=hold />
            {may_govern
                .then(|| view! { <LiftHold field="project" id=project action=ReleaseProject::PATH refused=refused /> })}
        }
        .into_any()
    } else {
        view! {
            <p class="none">"No legal hold stands on the whole project. Single sessions can have one of their own."</p>
            {may_govern
                .then(|| view! { <PlaceHold field="project" id=project action=HoldProject::PATH refused=refused /> })}
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="hold">
            <h2 id="hold">"Legal hold"</h2>
            <p class="panel-intro">
                "While it stands, no file of this project expires or is deleted, whatever the retention says. What had "
                "expired can be opened again."
            </p>
            {content}
        </section>
    }
}

/// The form that places a hold.
#[component]
pub(crate) fn PlaceHold(
    /// Name of the form field that holds the id.
    field: &'static str,
    id: String,
    /// Where the form goes.
    action: &'static str,
    refused: Option<UiError>,
) -> impl IntoView {
    let problem = refused
        .as_ref()
        .and_then(|error| error.problem_of("reason"));
    let message = Signal::stored(refused.and_then(|error| error.message_for(&["reason"])));
    view! {
        <form class="form" method="post" action=action>
            <Message text=message />
            <input type="hidden" name=field value=id />
            <ReasonField
                id="hold-reason"
                hint="Such as the number of the case. It is kept with who placed the hold and when."
                typed=Viewer::current().typed_in(action, "reason")
                problem=problem
            />
            <button type="submit" class="button">
                "Place a legal hold"
            </button>
        </form>
    }
}

/// The button that lifts it.
#[component]
pub(crate) fn LiftHold(
    /// Name of the form field that holds the id.
    field: &'static str,
    id: String,
    /// Where the form goes.
    action: &'static str,
    refused: Option<UiError>,
) -> impl IntoView {
    view! {
        <Message text=Signal::stored(refused.map(|error| error.sentence())) />
        <form method="post" action=action>
            <input type="hidden" name=field value=id />
            <button type="submit" class="button">
                "Lift the legal hold"
            </button>
        </form>
    }
}

/// Why, by whom and since when.
#[component]
pub(crate) fn Standing(hold: HoldView) -> impl IntoView {
    view! {
        <dl class="facts">
            <div>
                <dt>"Reason"</dt>
                <dd><bdi>{visible(&hold.reason)}</bdi></dd>
            </div>
            <div>
                <dt>"Placed"</dt>
                <dd>
                    <Time moment=hold.placed />
                    " by "
                    {hold.by.map_or_else(|| "the operator".to_owned(), |name| visible(&name))}
                </dd>
            </div>
        </dl>
    }
}
