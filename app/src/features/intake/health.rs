//! How a source is doing, in a badge and a sentence.

use domain::intake::Light;
use leptos::prelude::*;

use super::views::HealthView;
use crate::ui::{Badge, Time, Tone, count};

#[component]
pub(super) fn LightBadge(light: Light) -> impl IntoView {
    let (tone, text) = match light {
        Light::Well => (Tone::Green, "Working"),
        Light::Quiet => (Tone::Amber, "Quiet"),
        Light::Failing => (Tone::Red, "Failing"),
        Light::New => (Tone::Grey, "Nothing yet"),
    };
    view! { <Badge tone=tone text=text /> }
}

/// "26 hours ago, usually daily".
#[component]
pub(super) fn LastRecording(health: HealthView) -> impl IntoView {
    match health.last_recording {
        Some((at, ago)) => view! {
            <Time moment=at />
            <span class="listing-reason">
                {ago}
                {health.usual.map(|usual| format!(", usually {usual}"))}
                {(health.light == Light::Quiet).then_some(": quiet for longer than usual")}
            </span>
        }
        .into_any(),
        None => "None yet".into_any(),
    }
}

/// What is not in order, in one line; nothing where all is.
#[component]
pub(super) fn Troubles(health: HealthView) -> impl IntoView {
    let mut said = Vec::new();
    if health.failed > 0 {
        said.push(format!(
            "{} not fetched",
            count(health.failed, "file", "files")
        ));
    }
    if health.waiting > 0 {
        said.push(format!(
            "{} waiting",
            count(health.waiting, "file", "files")
        ));
    }
    said.extend(health.poll_failure);
    if health.refusals > 0 {
        said.push(count(health.refusals, "call refused", "calls refused"));
    }
    if said.is_empty() {
        "None".to_owned()
    } else {
        said.join(" · ")
    }
}
