//! A one-time link, shown once to whoever made it.

use leptos::prelude::*;

use super::api::OneTimeLink;
use crate::ui::{CopyButton, visible};

#[component]
pub(crate) fn LinkBox(link: OneTimeLink) -> impl IntoView {
    let email = visible(&link.email);
    let (title, life) = if link.is_invitation {
        (format!("Invitation for {email}"), "seven days")
    } else {
        (format!("Reset link for {email}"), "one hour")
    };
    let way = if link.is_mailed {
        "It is on its way by mail as well."
    } else {
        "This installation sends no mail: hand it over yourself, in a way that nobody else reads."
    };
    view! {
        <section class="one-time" role="status" aria-labelledby="one-time">
            <h2 id="one-time">{title}</h2>
            <p>"This link is shown only now. It works once, for " {life} ". " {way}</p>
            <p class="one-time-link">
                <code data-value="">{link.address.clone()}</code>
                <CopyButton text=link.address label="Copy the link" caption="Copy" />
            </p>
        </section>
    }
}
