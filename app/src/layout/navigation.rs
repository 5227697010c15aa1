//! The side navigation. On narrow screens it is a popover, which opens and closes without our scripts.

use domain::Permission;
use leptos::prelude::*;

use super::Place;
use super::place::{self, Section};
use crate::ui::Icon;
use crate::viewer::Viewer;

#[component]
pub(crate) fn Navigation(
    /// The page we are on.
    place: Place,
) -> impl IntoView {
    view! {
        <nav class="navigation" id="navigation" popover="auto" aria-label="Main">
            // One box, which stays in sight as a whole when the page is scrolled.
            <div>
                <h2 id="navigation-video">"Video"</h2>
                <ul aria-labelledby="navigation-video">
                    <Entry to=&place::INSIGHTS at=place />
                    <Entry to=&place::PROJECTS at=place />
                    <Entry to=&place::SETTINGS at=place />
                </ul>
                <ul class="navigation-rest">
                    {Viewer::current()
                        .may(Permission::ManageMembers)
                        .then(|| view! { <Entry to=&place::MEMBERS at=place /> })}
                    <Entry to=&place::ACCOUNT at=place />
                </ul>
            </div>
        </nav>
    }
}

#[component]
fn Entry(to: &'static Section, at: Place) -> impl IntoView {
    let path = to.places.first().map(|first| first.path());
    view! {
        <li>
            <a href=path aria-current=(at.section() == to).then_some("page")>
                <Icon shape=to.shape />
                {to.name}
            </a>
        </li>
    }
}
