//! A sentence above a form or a page: something was done, or could not be.

use leptos::prelude::*;

use super::{Icon, Shape};

/// Something was done.
#[component]
pub(crate) fn NoticeBox(text: &'static str) -> impl IntoView {
    view! {
        <div class="notice notice-done" role="status">
            <Icon shape=Shape::Check />
            <p>{text}</p>
        </div>
    }
}

/// Something could not be done; empty, it takes no room.
#[component]
pub(crate) fn Message(#[prop(into)] text: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div class="notice notice-wrong" role="alert" hidden=move || text.with(Option::is_none)>
            <Icon shape=Shape::Warning />
            <p>{move || text.get().unwrap_or_default()}</p>
        </div>
    }
}

/// Something that wants to be known before it does harm. It stands; it is not said aloud.
#[component]
pub(crate) fn Warning(children: Children) -> impl IntoView {
    view! {
        <p class="warning">
            <Icon shape=Shape::Warning />
            <span>{children()}</span>
        </p>
    }
}
