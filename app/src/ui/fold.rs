//! What waits behind a button on narrow screens and stands open on wide ones: a filter that would fill a telephone.

use leptos::prelude::*;

use super::{Icon, Shape};

#[component]
pub(crate) fn Fold(
    /// What the button says.
    label: &'static str,
    shape: Shape,
    /// How many of the things in it are in use; nothing is said of none.
    in_use: usize,
    /// Open also where it could be closed.
    is_open: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="fold" open=is_open>
            <summary class="button">
                <Icon shape=shape />
                {label}
                {(in_use > 0)
                    .then(|| {
                        view! {
                            <span class="fold-count">
                                {in_use}
                                <span class="visually-hidden">" in use"</span>
                            </span>
                        }
                    })}
                <Icon shape=Shape::Down />
            </summary>
            {children()}
        </details>
    }
}
