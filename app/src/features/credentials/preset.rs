//! The line above the report while the preset password is unchanged: user name and password, each to copy.

use leptos::ev::SubmitEvent;
use leptos::html::Code;
use leptos::prelude::*;

use super::api::reveal_preset;
use crate::browser;
use crate::error::UiError;
use crate::routes::paths;
use crate::ui::{CopyButton, Icon, Shape};

#[component]
pub(crate) fn PresetLine(
    username: String,
    /// The password, if this page was asked to show it.
    shown: Option<String>,
    /// Name and value of everything in the page's query, so that showing the password keeps the report as it is.
    query: Vec<(String, String)>,
) -> impl IntoView {
    view! {
        <section class="preset" aria-labelledby="preset-title">
            <div class="preset-text">
                <h2 id="preset-title">
                    <Icon shape=Shape::Key />
                    "Access credentials"
                </h2>
                <p>
                    "Use these to open recordings and other session files from a program, or when a browser asks. "
                    <a href=paths::RESET>"Reset the password"</a>
                </p>
            </div>
            <dl>
                <div>
                    <dt>"User name"</dt>
                    <dd>
                        <code data-value="">{username.clone()}</code>
                        <CopyButton text=username label="Copy the user name" caption="Copy" />
                    </dd>
                </div>
                <div>
                    <dt>"Password"</dt>
                    <dd>
                        <PresetPassword shown=shown query=query />
                    </dd>
                </div>
            </dl>
        </section>
    }
}

/// As long as every preset, so that nothing moves when it is shown.
const MASK: &str = "••••••••••••••••••••••••";

/// The password: masked until asked for. Showing and copying fetch it each time it is not at hand, which the server
/// records; without scripts the button asks for the same page with the password in it.
#[island]
fn PresetPassword(shown: Option<String>, query: Vec<(String, String)>) -> impl IntoView {
    let is_shown = RwSignal::new(shown.is_some());
    let password = RwSignal::new(shown);
    let said = RwSignal::new(String::new());
    let is_copied = RwSignal::new(false);
    let text = NodeRef::<Code>::new();

    let toggle = move |event: SubmitEvent| {
        event.prevent_default();
        leptos::task::spawn_local(async move {
            if is_shown.get_untracked() {
                is_shown.set(false);
                said.set("Password hidden.".to_owned());
            } else if fetch(password, said).await.is_some() {
                is_shown.set(true);
                said.set("Password shown.".to_owned());
            }
        });
    };
    let copy = move |_| {
        leptos::task::spawn_local(async move {
            let Some(secret) = fetch(password, said).await else {
                return;
            };
            if browser::copy(&secret).await {
                said.set("Copied.".to_owned());
                is_copied.set(true);
                set_timeout(
                    move || is_copied.set(false),
                    std::time::Duration::from_secs(2),
                );
            } else {
                is_shown.set(true);
                said.set("Your browser does not allow copying here. The password is selected: press Ctrl+C.".to_owned());
                request_animation_frame(move || {
                    if let Some(element) = text.get_untracked() {
                        browser::select(&element);
                    }
                });
            }
        });
    };
    view! {
        <code node_ref=text data-value="">
            {move || if is_shown.get() { password.get().unwrap_or_default() } else { MASK.to_owned() }}
        </code>
        <form method="get" action=paths::RECORDINGS on:submit=toggle>
            {query
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
                .collect_view()}
            <button
                type="submit"
                class="button button-small"
                name=move || (!is_shown.get()).then_some("show")
                value="preset"
                aria-label=move || if is_shown.get() { "Hide the password" } else { "Show the password" }
            >
                {move || if is_shown.get() { "Hide" } else { "Show" }}
            </button>
        </form>
        <button
            type="button"
            class="button button-small scripted"
            aria-label="Copy the password"
            data-copied=move || is_copied.get().then_some("true")
            on:click=copy
        >
            <Icon shape=Shape::Copy />
            <Icon shape=Shape::Check />
            <span>"Copy"</span>
        </button>
        <span class="visually-hidden" role="status">
            {said}
        </span>
    }
}

/// The password, from the page or from the server; None with a word about why.
async fn fetch(password: RwSignal<Option<String>>, said: RwSignal<String>) -> Option<String> {
    if let Some(known) = password.get_untracked() {
        return Some(known);
    }
    match reveal_preset().await {
        Ok(Some(secret)) => {
            password.set(Some(secret.clone()));
            Some(secret)
        }
        Ok(None) => {
            said.set("The password was reset meanwhile. Reload the page.".to_owned());
            None
        }
        Err(UiError::Unauthenticated) => {
            // The page reloads into the sign-in, and comes back from it.
            let _ = window().location().reload();
            None
        }
        Err(error) => {
            said.set(error.sentence());
            None
        }
    }
}
