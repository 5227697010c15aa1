//! A legal hold: what stands, and the form that places or lifts it. The same for projects and sessions.

use leptos::prelude::*;

use super::views::HoldView;
use crate::error::UiError;
use crate::ui::{FieldFrame, Message, Time, described_by, visible};
use crate::viewer::Viewer;

/// What differs between a project and a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HoldWords {
    intro: &'static str,
    none: &'static str,
}

impl HoldWords {
    pub(super) const PROJECT: Self = Self {
        intro: "While it stands, no file of this project expires or is deleted, whatever the retention says. What had \
                expired can be opened again.",
        none: "No legal hold stands on the whole project. Single sessions can have one of their own.",
    };
    pub(super) const SESSION: Self = Self {
        intro: "While it stands, no file of this session expires or is deleted, whatever the retention says.",
        none: "No legal hold stands on this session.",
    };
}

#[component]
pub(super) fn HoldPanel(
    hold: Option<HoldView>,
    /// Name of the form field that holds the id.
    field: &'static str,
    id: String,
    may_govern: bool,
    words: HoldWords,
    /// Where the form goes that places a hold.
    place: &'static str,
    /// Where the form goes that lifts it.
    lift: &'static str,
    /// Why either of them was refused just before.
    refused: Option<UiError>,
) -> impl IntoView {
    let problem = refused
        .as_ref()
        .and_then(|error| error.problem_of("reason"));
    let message = Signal::stored(refused.and_then(|error| error.message_for(&["reason"])));
    let content = if let Some(hold) = hold {
        view! {
            <Standing hold=hold />
            <Message text=message />
            {may_govern
                .then(|| {
                    view! {
                        <form method="post" action=lift>
                            <input type="hidden" name=field value=id />
                            <button type="submit" class="button">
                                "Lift the legal hold"
                            </button>
                        </form>
                    }
                })}
        }
        .into_any()
    } else {
        view! {
            <p>{words.none}</p>
            {may_govern
                .then(|| {
                    view! {
                        <form class="form" method="post" action=place>
                            <Message text=message />
                            <input type="hidden" name=field value=id />
                            <HoldReason typed=Viewer::current().typed_in(place, "reason") problem=problem />
                            <button type="submit" class="button">
                                "Place a legal hold"
                            </button>
                        </form>
                    }
                })}
        }
        .into_any()
    };
    view! {
        <section class="panel" aria-labelledby="hold">
            <h2 id="hold">"Legal hold"</h2>
            <p class="panel-intro">{words.intro}</p>
            {content}
        </section>
    }
}

#[component]
fn HoldReason(typed: Option<String>, problem: Option<String>) -> impl IntoView {
    let is_wrong = problem.is_some();
    view! {
        <FieldFrame
            name="hold-reason"
            label="Reason"
            hint="Such as the number of the case. It is kept with who placed the hold and when."
            problem=Signal::stored(problem)
        >
            <input
                type="text"
                id="hold-reason"
                name="reason"
                value=typed
                autocomplete="off"
                aria-required="true"
                aria-describedby=described_by("hold-reason", true)
                aria-invalid=is_wrong.then_some("true")
            />
        </FieldFrame>
    }
}

/// Why, by whom and since when.
#[component]
pub(super) fn Standing(hold: HoldView) -> impl IntoView {
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
