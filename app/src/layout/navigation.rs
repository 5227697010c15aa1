//! The side navigation. On narrow screens it is a popover, which opens and closes without our scripts.

use leptos::prelude::*;

use super::Place;
use crate::ui::Icon;

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
                    <Entry to=Place::Recordings at=place />
                    <Entry to=Place::RecordingSettings at=place />
                </ul>
                <ul class="navigation-rest">
                    <Entry to=Place::Account at=place />
                </ul>
            </div>
        </nav>
    }
}

#[component]
fn Entry(to: Place, at: Place) -> impl IntoView {
    view! {
        <li>
            <a href=to.path() aria-current=(to == at).then_some("page")>
                <Icon shape=to.shape() />
                {to.section()}
            </a>
        </li>
    }
}
