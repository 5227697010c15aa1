//! The secrets of one project: what each may do, who made it, who uses it, and the way to end it.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;

use super::api::RevokeApiSecret;
use super::rights::RightBadges;
use super::views::{ProjectSecretsView, SecretView};
use crate::ui::{Confirm, CopyButton, Time, Warning, count, visible};

/// On which page they stand: a revoked one leads back there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Overview,
    Project,
}

#[component]
pub(super) fn Identifier(identifier: String) -> impl IntoView {
    view! {
        <span class="identifier">
            <code data-value="">{identifier.clone()}</code>
            <CopyButton text=identifier label="Copy the API identifier" />
        </span>
    }
}

#[component]
pub(super) fn Secrets(project: ProjectSecretsView, shown: Shown) -> impl IntoView {
    let revoked = project.revoked.len() as u64;
    view! {
        {if project.in_force.is_empty() {
            view! { <p class="none">"No API secret: no program can speak for this project yet."</p> }.into_any()
        } else {
            let secrets = project.in_force.into_iter();
            view! {
                <ul class="secrets" aria-label=format!("API secrets of {}", visible(&project.name))>
                    {secrets.map(|secret| view! { <InForce secret=secret shown=shown /> }).collect_view()}
                </ul>
            }
                .into_any()
        }}
        {(revoked > 0)
            .then(|| {
                let secrets = project.revoked.into_iter();
                view! {
                    <details class="revoked">
                        <summary>{count(revoked, "revoked secret", "revoked secrets")}</summary>
                        <ul class="secrets">{secrets.map(|secret| view! { <Revoked secret=secret /> }).collect_view()}</ul>
                    </details>
                }
            })}
    }
}

#[component]
fn InForce(secret: SecretView, shown: Shown) -> impl IntoView {
    let back = match shown {
        Shown::Overview => String::new(),
        Shown::Project => secret.project.clone(),
    };
    let exposed = secret.exposed.clone();
    view! {
        <li class="secret">
            <Head secret=secret.clone() />
            <Facts secret=secret.clone() />
            <Confirm label="Revoke…">
                <p>
                    "Programs that use “" {visible(&secret.name)} "” (…" {secret.hint.clone()}
                    ") are refused from their next request on. It cannot be brought back."
                </p>
                <form method="post" action=RevokeApiSecret::PATH>
                    <input type="hidden" name="id" value=secret.id />
                    <input type="hidden" name="project" value=back />
                    <button type="submit" class="button button-danger">
                        "Revoke for good"
                    </button>
                </form>
            </Confirm>
            {exposed
                .map(|at| {
                    view! {
                        <Warning>
                            <strong>"Replace it: it was seen in an address"</strong> " (" <Time moment=at />
                            "). Logs and histories keep addresses. Make another secret, move the program to it, then revoke "
                            "this one."
                        </Warning>
                    }
                })}
        </li>
    }
}

#[component]
fn Head(secret: SecretView) -> impl IntoView {
    view! {
        <div class="secret-head">
            <p class="secret-name">
                <bdi>{visible(&secret.name)}</bdi>
                " "
                <code class="secret-hint">"…" {secret.hint}</code>
            </p>
            <p class="secret-rights">
                <RightBadges rights=secret.rights />
            </p>
        </div>
    }
}

#[component]
fn Facts(secret: SecretView) -> impl IntoView {
    let last_use = match secret.last_use {
        Some((at, address)) => view! {
            <Time moment=at />
            <span class="detail">"from " {address}</span>
        }
        .into_any(),
        None => "Never".into_any(),
    };
    let by = secret
        .made_by
        .map_or_else(|| "the operator".to_owned(), |name| visible(&name));
    view! {
        <dl class="secret-facts">
            <div>
                <dt>"Last use"</dt>
                <dd>{last_use}</dd>
            </div>
            <div>
                <dt>"Made"</dt>
                <dd>
                    <Time moment=secret.made />
                    <span class="detail">"by " {by}</span>
                </dd>
            </div>
        </dl>
    }
}

#[component]
fn Revoked(secret: SecretView) -> impl IntoView {
    let revoked = secret.revoked.clone();
    view! {
        <li class="secret">
            <Head secret=secret.clone() />
            <Facts secret=secret />
            {revoked.map(|at| view! { <p class="detail">"Revoked " <Time moment=at /></p> })}
        </li>
    }
}
