//! The account menu: who is signed in, the theme, signing out. Plain forms, so it needs no scripts.

use domain::members::Member;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use crate::features::members::ChooseTheme;
use crate::features::sign_ins::SignOut;
use crate::routes::paths;
use crate::ui::{Icon, Shape, visible};
use crate::viewer::{Theme, Viewer};

#[component]
pub(crate) fn AccountMenu(member: Member, theme: Theme) -> impl IntoView {
    let name = visible(&member.name);
    view! {
        <button type="button" class="topbar-account" popovertarget="account-menu">
            <Icon shape=Shape::Person />
            <span class="visually-hidden">"Account menu: "</span>
            <span class="topbar-name">{name.clone()}</span>
            <Icon shape=Shape::Down />
        </button>
        <div class="account-menu" id="account-menu" popover="auto" role="group" aria-label="Account menu">
            <div class="account-menu-who">
                <p class="account-menu-name">{name}</p>
                <p>{visible(&member.email)}</p>
                <p>{visible(&member.account_name)} " · " {member.role.as_str()}</p>
            </div>
            <ThemeForm theme=theme />
            <a class="account-menu-item" href=paths::ACCOUNT>
                <Icon shape=Shape::Settings />
                "Account and password"
            </a>
            <form method="post" action=SignOut::PATH>
                <button type="submit" class="account-menu-item">
                    <Icon shape=Shape::SignOut />
                    "Sign out"
                </button>
            </form>
        </div>
    }
}

#[component]
fn ThemeForm(theme: Theme) -> impl IntoView {
    view! {
        <form class="theme" method="post" action=ChooseTheme::PATH aria-labelledby="theme-label">
            <p id="theme-label">"Theme"</p>
            <input type="hidden" name="next" value=Viewer::current().path_and_query />
            <div class="segments">
                {Theme::ALL
                    .map(|choice| {
                        view! {
                            <button
                                type="submit"
                                name="theme"
                                value=choice.as_str()
                                aria-pressed=(choice == theme).to_string()
                            >
                                {choice.label()}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
        </form>
    }
}
