//! The frame of every page for members: top bar, navigation, heading, tabs, and what was done just before.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::Place;
use super::account_menu::AccountMenu;
use super::navigation::Navigation;
use crate::routes::paths;
use crate::ui::{CopyHandler, Icon, NoticeBox, PageTitle, Shape, visible};
use crate::viewer::Viewer;

/// Shows its children to members; sends anyone else to the sign-in, and back afterwards.
#[component]
pub(crate) fn Frame(place: Place, children: Children) -> impl IntoView {
    let viewer = Viewer::current();
    let Some(member) = viewer.member.clone() else {
        return view! { <Redirect path=paths::sign_in_then(&viewer.path_and_query) /> }.into_any();
    };
    view! {
        <PageTitle text=place.title() />
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <header class="topbar">
            <button type="button" class="topbar-menu" popovertarget="navigation" aria-label="Menu">
                <Icon shape=Shape::Menu />
            </button>
            <a class="brand" href=paths::HOME>
                <Icon shape=Shape::Brand />
                <span>"Reelgate"</span>
            </a>
            <AccountMenu member=member theme=viewer.theme />
        </header>
        <Navigation place=place />
        <main id="main" tabindex="-1">
            <Heading place=place />
            {viewer.notice().map(|notice| view! { <NoticeBox text=notice.sentence() /> })}
            {children()}
            <CopyHandler />
        </main>
    }
    .into_any()
}

/// Where we are: area, section, tabs.
#[component]
fn Heading(place: Place) -> impl IntoView {
    let section = place.section();
    // What belongs to no area belongs to the account, and says which: some people have several.
    let area = section.area.map(ToOwned::to_owned).or_else(|| {
        let member = Viewer::current().member?;
        Some(visible(&member.account_name))
    });
    let tabs = place.tab().is_some().then(|| {
        let viewer = Viewer::current();
        let is_open = move |tab: &Place| tab.permission().is_none_or(|permission| viewer.may(permission));
        let tabs = section.places.iter().copied().filter(is_open).filter_map(|tab| Some((tab, tab.tab()?)));
        view! {
            <nav class="tabs" aria-label=section.name>
                <ul>
                    {tabs
                        .map(|(tab, name)| {
                            view! {
                                <li>
                                    <a href=tab.path() aria-current=(tab == place).then_some("page")>
                                        {name}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
        }
    });
    view! {
        <div class="heading">
            {area.map(|area| view! { <p class="heading-area">{area}</p> })}
            <h1>{section.name}</h1>
            {tabs}
        </div>
    }
}
