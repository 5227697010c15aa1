//! What stands where there is nothing to show: why, and what to do next.

use leptos::prelude::*;

use super::{Icon, Shape};

#[component]
pub(crate) fn Empty(shape: Shape, title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="empty">
            <span class="empty-icon">
                <Icon shape=shape />
            </span>
            <h2>{title}</h2>
            {children()}
        </section>
    }
}
