//! The pages that stand for an error: forbidden, not found, server error. Each with its own HTTP status.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::{Frame, Place, PlainFrame};
use crate::error::{UiError, respond_with};
use crate::routes::paths;
use crate::ui::{Empty, Shape};
use crate::viewer::Viewer;

/// In place of what a page would have shown.
#[component]
pub(crate) fn Failure(error: UiError) -> impl IntoView {
    respond_with(&error);
    let (shape, title) = match &error {
        UiError::Unauthenticated => {
            let path = paths::sign_in_then(&Viewer::current().path_and_query);
            return view! { <Redirect path=path /> }.into_any();
        }
        UiError::Forbidden => (Shape::Key, "Your role does not allow this"),
        UiError::NotFound => (Shape::Search, "There is nothing here"),
        UiError::Throttled { .. } => (Shape::Warning, "Too many attempts"),
        UiError::Unavailable => (Shape::Warning, "Not available just now"),
        UiError::Invalid(_) | UiError::Malformed | UiError::Conflict(_) => {
            (Shape::Warning, "That did not work")
        }
        UiError::Internal { .. } => (Shape::Warning, "Something went wrong"),
    };
    let sentence = match &error {
        UiError::Forbidden => "Ask an owner or admin of the account if you need it.".to_owned(),
        UiError::NotFound => "The address may be mistyped, or what was here is gone.".to_owned(),
        other => other.sentence(),
    };
    let again = match &error {
        UiError::Unavailable | UiError::Throttled { .. } | UiError::Internal { .. } => {
            Some(view! { <a class="button" href="">"Try again"</a> })
        }
        _ => None,
    };
    view! {
        <Empty shape=shape title=title>
            <p>{sentence}</p>
            <p class="empty-actions">
                {again} <a class="button" href=paths::RECORDINGS>
                    "Go to the recordings"
                </a>
            </p>
        </Empty>
    }
    .into_any()
}

/// In place of every page while nobody can be recognised.
#[component]
pub(crate) fn Outage(error: UiError) -> impl IntoView {
    respond_with(&error);
    let sentence = error.sentence();
    view! {
        <PlainFrame title="Not available just now">
            <p>{sentence}</p>
            <a class="button" href="">
                "Try again"
            </a>
        </PlainFrame>
    }
}

/// For every address that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    respond_with(&UiError::NotFound);
    if Viewer::current().member.is_some() {
        view! {
            <Frame place=Place::Nowhere>
                <Failure error=UiError::NotFound />
            </Frame>
        }
        .into_any()
    } else {
        view! {
            <PlainFrame title="Not found">
                <p>"The address may be mistyped, or what was here is gone."</p>
                <a class="button" href=paths::SIGN_IN>
                    "Go to the sign-in"
                </a>
            </PlainFrame>
        }
        .into_any()
    }
}
