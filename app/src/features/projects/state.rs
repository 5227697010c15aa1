//! How a file stands, in a word beside it.

use domain::files::FileState;
use leptos::prelude::*;

use crate::ui::{Badge, Tone};

/// Nothing for a file that is simply there.
#[component]
pub(crate) fn StateBadges(state: FileState, #[prop(optional)] is_held: bool) -> impl IntoView {
    let word = match state {
        FileState::There => None,
        FileState::Expired => Some("Expired"),
        FileState::Trashed => Some("In the trash"),
        FileState::Deleted => Some("Deleted"),
    };
    view! {
        {word.map(|word| view! { <Badge tone=Tone::Amber text=word /> })}
        {is_held.then(|| view! { <Badge tone=Tone::Violet text="Legal hold" /> })}
    }
}
