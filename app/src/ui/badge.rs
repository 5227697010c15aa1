//! A short word in a tinted box.

use leptos::prelude::*;

/// How a badge is tinted. The word says it all; the tint only helps the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Violet,
    Blue,
    Green,
    Red,
    /// Something to be aware of.
    Amber,
    Grey,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Violet => "badge badge-violet",
            Self::Blue => "badge badge-blue",
            Self::Green => "badge badge-green",
            Self::Red => "badge badge-red",
            Self::Amber => "badge badge-amber",
            Self::Grey => "badge badge-grey",
        }
    }
}

#[component]
pub(crate) fn Badge(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=tone.class()>{text}</span> }
}
