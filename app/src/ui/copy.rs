//! Buttons that put a text on the clipboard. One island listens for all of them, so a table of hundreds costs
//! no more than one.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlElement};

use super::{Icon, Shape};
use crate::browser;

/// A button that copies `text`. Shown only where scripts run; needs one [`CopyHandler`] on the page.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What the button does, for those who cannot see what it stands beside.
    #[prop(into)]
    label: String,
    /// Shown on the button; only its icon if empty.
    #[prop(optional)]
    caption: &'static str,
) -> impl IntoView {
    let class = if caption.is_empty() {
        "button button-icon scripted"
    } else {
        "button button-small scripted"
    };
    view! {
        <button type="button" class=class data-copy=text aria-label=label.clone() title=label>
            <Icon shape=Shape::Copy />
            <Icon shape=Shape::Check />
            {(!caption.is_empty()).then(|| view! { <span>{caption}</span> })}
        </button>
    }
}

/// Serves every copy button of the page, and says aloud what happened.
#[island]
pub(crate) fn CopyHandler() -> impl IntoView {
    let said = RwSignal::new(String::new());
    Effect::new(move || {
        let handle = window_event_listener_untyped("click", move |event: Event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let button = target.and_then(|target| target.closest("[data-copy]").ok().flatten());
            if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                leptos::task::spawn_local(serve(button, said));
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! { <span class="visually-hidden" role="status">{said}</span> }
}

async fn serve(button: HtmlElement, said: RwSignal<String>) {
    let text = text_of(&button).unwrap_or_default();
    if browser::copy(&text).await {
        said.set("Copied.".to_owned());
        let _ = button.dataset().set("copied", "true");
        set_timeout(
            move || {
                button.dataset().delete("copied");
                said.set(String::new());
            },
            std::time::Duration::from_secs(2),
        );
    } else {
        // Where the clipboard is closed to us the person still gets the text, selected if it is on the page.
        said.set(
            "Your browser does not allow copying here. The text is selected: press Ctrl+C."
                .to_owned(),
        );
        offer_by_hand(&button, &text);
    }
}

/// What a button copies: the text it has, or else the address of the first link of its row, so that a table does not
/// repeat hundreds of addresses. The table says where addresses begin.
fn text_of(button: &HtmlElement) -> Option<String> {
    let own = button.dataset().get("copy").filter(|text| !text.is_empty());
    own.or_else(|| {
        let found = |selector: &str| button.closest(selector).ok().flatten();
        let link = found("tr")?.query_selector("a[href]").ok().flatten()?;
        let origin = found("[data-origin]")?.get_attribute("data-origin")?;
        Some(format!("{origin}{}", link.get_attribute("href")?))
    })
}

/// Selects the text next to the button, or shows it in the browser's own prompt.
fn offer_by_hand(button: &HtmlElement, text: &str) {
    let beside = button
        .parent_element()
        .and_then(|parent| parent.query_selector("[data-value]").ok().flatten());
    match beside.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        Some(element) => browser::select(&element),
        None => {
            let _ = window().prompt_with_message_and_default("Copy this address:", text);
        }
    }
}
