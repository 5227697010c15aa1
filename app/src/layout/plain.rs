//! The frame of pages for anyone: a heading in the middle, nothing to navigate.

use leptos::prelude::*;

use crate::routes::paths;
use crate::ui::{Icon, NoticeBox, PageTitle, Shape};
use crate::viewer::Viewer;

#[component]
pub(crate) fn PlainFrame(title: &'static str, children: Children) -> impl IntoView {
    let viewer = Viewer::current();
    view! {
        <PageTitle text=format!("{title} · Reelgate") />
        <main class="plain" id="main">
            <a class="brand" href=paths::HOME>
                <Icon shape=Shape::Brand />
                <span>"Reelgate"</span>
            </a>
            <div class="plain-card">
                <h1>{title}</h1>
                {viewer.notice().map(|notice| view! { <NoticeBox text=notice.sentence() /> })}
                {children()}
            </div>
        </main>
    }
}
