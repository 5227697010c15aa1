//! Previous and next, and how many there are.

use leptos::prelude::*;

use super::{Icon, Shape};

/// Links to the neighbouring pages; None where there is none.
#[component]
pub(crate) fn Pagination(
    /// What the pages are of, for those who hear the page.
    label: &'static str,
    previous: Option<String>,
    next: Option<String>,
    #[prop(into)] total: String,
) -> impl IntoView {
    let has_pages = previous.is_some() || next.is_some();
    view! {
        <nav class="pagination" aria-label=label>
            <p>{total}</p>
            {has_pages
                .then(|| {
                    view! {
                        <ul>
                            <li>
                                <PageLink href=previous rel="prev">
                                    <Icon shape=Shape::Left />
                                    "Previous"
                                </PageLink>
                            </li>
                            <li>
                                <PageLink href=next rel="next">
                                    "Next"
                                    <Icon shape=Shape::Right />
                                </PageLink>
                            </li>
                        </ul>
                    }
                })}
        </nav>
    }
}

/// A link, or its dead shape where there is no such page, so that nothing jumps.
#[component]
fn PageLink(href: Option<String>, rel: &'static str, children: Children) -> impl IntoView {
    match href {
        Some(href) => view! { <a class="button" href=href rel=rel>{children()}</a> }.into_any(),
        None => view! { <span class="button" aria-disabled="true">{children()}</span> }.into_any(),
    }
}
