//! Page `/video/settings/service-accounts`: all of the account's, with role, keys and last use.

use domain::Permission;
use leptos::prelude::*;

use super::api::list_service_accounts;
use super::role::RoleBadge;
use super::views::AccountView;
use crate::error::{UiError, respond_with};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Empty, Moment, Shape, Time, Tone, count, visible};
use crate::viewer::Viewer;

#[component]
pub(crate) fn ServiceAccounts() -> impl IntoView {
    view! {
        <Frame place=Place::ServiceAccounts>
            {if Viewer::current().may(Permission::ManageServiceAccounts) {
                load(list_service_accounts(), show).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

fn show(found: Vec<AccountView>) -> impl IntoView {
    let (revoked, in_force): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| one.revoked.is_some());
    let many = revoked.len() as u64;
    view! {
        {if in_force.is_empty() {
            view! { <NoneYet /> }.into_any()
        } else {
            view! {
                <section class="panel" aria-labelledby="service-accounts">
                    <div class="panel-head">
                        <h2 id="service-accounts" class="panel-title">
                            "Service accounts"
                        </h2>
                        <div class="panel-actions">
                            <a class="button button-primary" href=paths::NEW_SERVICE_ACCOUNT>
                                "Create a service account"
                            </a>
                        </div>
                    </div>
                    <p class="panel-intro">
                        "Programs sign short-lived tokens with the key of a service account, and open session files with them. "
                        "One for each program, so that you see who uses what and can revoke one without touching the others."
                    </p>
                    <ul class="secrets" aria-label="Service accounts in force">
                        {in_force.into_iter().map(|one| view! { <Row one=one /> }).collect_view()}
                    </ul>
                </section>
            }
                .into_any()
        }}
        {(many > 0)
            .then(|| {
                view! {
                    <details class="revoked panel">
                        <summary>{count(many, "revoked service account", "revoked service accounts")}</summary>
                        <ul class="secrets">
                            {revoked.into_iter().map(|one| view! { <Row one=one /> }).collect_view()}
                        </ul>
                    </details>
                }
            })}
    }
}

#[component]
fn Row(one: AccountView) -> impl IntoView {
    let name = visible(&one.name);
    let keys = match (&one.revoked, one.in_force) {
        (None, 0) => Some(view! { <Badge tone=Tone::Amber text="No key in force" /> }.into_any()),
        (Some(_), _) | (None, 1) => None,
        (None, many) => {
            let text = format!("{many} keys in force");
            Some(view! { <Badge tone=Tone::Amber text=text /> }.into_any())
        }
    };
    view! {
        <li class="secret">
            <div class="secret-head">
                <p class="secret-name">
                    <a href=paths::service_account(&one.id)>
                        <bdi>{name.clone()}</bdi>
                    </a>
                </p>
                <p class="secret-rights">
                    <RoleBadge role=one.role />
                    {keys}
                </p>
            </div>
            <dl class="secret-facts">
                <div>
                    <dt>"Last use"</dt>
                    <dd>
                        <LastUse last_use=one.last_use />
                    </dd>
                </div>
                {match one.revoked {
                    Some(at) => view! {
                        <div>
                            <dt>"Revoked"</dt>
                            <dd>
                                <Time moment=at />
                            </dd>
                        </div>
                    }
                        .into_any(),
                    None => view! { <Created moment=one.created by=one.created_by /> }.into_any(),
                }}
            </dl>
            <a
                class="button secret-action"
                href=paths::service_account(&one.id)
                aria-label=format!("Keys and commands of {name}")
            >
                "Open"
            </a>
        </li>
    }
}

#[component]
pub(super) fn Created(moment: Moment, by: Option<String>) -> impl IntoView {
    let by = by.map_or_else(
        || "the operator or a program".to_owned(),
        |name| visible(&name),
    );
    view! {
        <div>
            <dt>"Created"</dt>
            <dd>
                <Time moment=moment />
                <span class="detail">"by " {by}</span>
            </dd>
        </div>
    }
}

#[component]
pub(super) fn LastUse(last_use: Option<(Moment, String)>) -> impl IntoView {
    match last_use {
        Some((at, address)) => view! {
            <Time moment=at />
            <span class="detail">"from " {address}</span>
        }
        .into_any(),
        None => "Never".into_any(),
    }
}

#[component]
fn NoneYet() -> impl IntoView {
    view! {
        <Empty shape=Shape::Key title="There is no service account yet">
            <p>
                "A service account lets a program open session files without a password: it signs a token with its private key, "
                "good for minutes. Clients that were written for Voximplant work with its file as they are."
            </p>
            <a class="button button-primary" href=paths::NEW_SERVICE_ACCOUNT>
                "Create a service account"
            </a>
        </Empty>
    }
}

#[component]
pub(super) fn NotForYou() -> impl IntoView {
    respond_with(&UiError::Forbidden);
    view! {
        <Empty shape=Shape::Key title="Owners and admins look after this">
            <p>
                "Here they create the service accounts by which programs open session files with tokens. Ask one of them."
            </p>
        </Empty>
    }
}
