//! `/`: nothing of its own yet, so it leads on to the report.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use crate::routes::paths;
use crate::viewer::Viewer;

#[component]
pub(crate) fn Home() -> impl IntoView {
    let path = if Viewer::current().member.is_some() {
        paths::RECORDINGS
    } else {
        paths::SIGN_IN
    };
    view! { <Redirect path=path /> }
}
