//! Page `/account/second-factor`: what one has, and the ways to change it.

use leptos::prelude::*;

use super::api::{FactorsView, PasskeyView, Used, get_second_factors};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{Badge, Time, Tone, visible};

#[component]
pub(crate) fn OwnSecondFactors() -> impl IntoView {
    view! { <Frame place=Place::SecondFactor>{load(get_second_factors(), show)}</Frame> }
}

fn show(has: FactorsView) -> impl IntoView {
    view! {
        <State are_on=has.are_on />
        <App app=has.app.clone() />
        <Passkeys passkeys=has.passkeys.clone() are_possible=has.can_have_passkeys />
        {has.are_on.then(|| view! { <Codes has=has.clone() /> })}
        {has.are_on.then(|| view! { <Off /> })}
    }
}

#[component]
fn State(are_on: bool) -> impl IntoView {
    let (tone, word, what) = if are_on {
        (
            Tone::Green,
            "On",
            "After your account password the sign-in asks for a code of your app or for a passkey. That stays so when you \
             set a new account password.",
        )
    } else {
        (
            Tone::Grey,
            "Off",
            "Your account password alone signs you in. With a second factor, whoever learns it still stays out: the sign-in \
             also asks for a code of an app, or for a passkey. Setting up the first one signs you out everywhere else and \
             gives you ten recovery codes for the day when you lose it.",
        )
    };
    view! {
        <section class="panel" aria-labelledby="state">
            <h2 id="state" class="row-title">
                "Second factor "
                <Badge tone=tone text=word />
            </h2>
            <p class="panel-intro">{what}</p>
        </section>
    }
}

#[component]
fn App(app: Option<Used>) -> impl IntoView {
    let is_there = app.is_some();
    view! {
        <section class="panel" aria-labelledby="app">
            <div class="panel-head">
                <h2 id="app">"Authenticator app"</h2>
                <div class="panel-actions">
                    <a class="button" href=paths::SECOND_FACTOR_APP>
                        {if is_there { "Replace" } else { "Set up an app" }}
                    </a>
                    {is_there
                        .then(|| {
                            view! {
                                <a
                                    class="button"
                                    href=paths::SECOND_FACTOR_APP_REMOVAL
                                    aria-label="Remove the authenticator app"
                                >
                                    "Remove"
                                </a>
                            }
                        })}
                </div>
            </div>
            {match app {
                Some(used) => view! { <Facts used=used /> }.into_any(),
                None => {
                    view! {
                        <p class="panel-intro">
                            "Any app that shows six-digit codes: one on your phone, or the one in your password manager."
                        </p>
                    }
                        .into_any()
                }
            }}
        </section>
    }
}

#[component]
fn Facts(used: Used) -> impl IntoView {
    view! {
        <dl class="facts">
            <div>
                <dt>"Set up"</dt>
                <dd>
                    <Time moment=used.added />
                </dd>
            </div>
            <div>
                <dt>"Last used"</dt>
                <dd>
                    {match used.last_used {
                        Some(at) => view! { <Time moment=at /> }.into_any(),
                        None => "Not yet".into_any(),
                    }}
                </dd>
            </div>
        </dl>
    }
}

#[component]
fn Passkeys(passkeys: Vec<PasskeyView>, are_possible: bool) -> impl IntoView {
    let list = (!passkeys.is_empty()).then(|| {
        view! {
            <ul class="rows">
                {passkeys.into_iter().map(|passkey| view! { <PasskeyRow passkey=passkey /> }).collect_view()}
            </ul>
        }
    });
    view! {
        <section class="panel" aria-labelledby="passkeys">
            <div class="panel-head">
                <h2 id="passkeys">"Passkeys"</h2>
                <div class="panel-actions">
                    {are_possible
                        .then(|| {
                            view! {
                                <a class="button" href=paths::SECOND_FACTOR_NEW_PASSKEY>
                                    "Add a passkey"
                                </a>
                            }
                        })}
                </div>
            </div>
            <p class="panel-intro">
                "Fingerprint, face or PIN on a device of yours, or a security key. There is nothing to type, and a forged \
                sign-in page can do nothing with it."
            </p>
            {(!are_possible)
                .then(|| {
                    view! {
                        <p class="none">
                            "Not possible here: browsers make passkeys only for a host name over https. The operator of this \
                            installation can set it up so."
                        </p>
                    }
                })}
            {list}
        </section>
    }
}

#[component]
fn PasskeyRow(passkey: PasskeyView) -> impl IntoView {
    let name = visible(&passkey.name);
    let label = format!("Change {name}");
    view! {
        <li class="row">
            <div class="row-main">
                <p class="row-title">
                    <bdi>{name}</bdi>
                </p>
                <p class="row-facts">
                    <span>"Added " <Time moment=passkey.used.added /></span>
                    {match passkey.used.last_used {
                        Some(at) => view! { <span>"Last used " <Time moment=at /></span> }.into_any(),
                        None => view! { <span>"Not used yet"</span> }.into_any(),
                    }}
                </p>
            </div>
            <a class="button button-small" href=paths::passkey(&passkey.id) aria-label=label>
                "Change"
            </a>
        </li>
    }
}

#[component]
fn Codes(has: FactorsView) -> impl IntoView {
    let advice = match has.codes_left {
        0 => {
            Some("None is left: without your app or passkey you could not sign in. Make new ones.")
        }
        1..=3 => Some("Few are left. Make new ones before the last is used."),
        _ => None,
    };
    view! {
        <section class="panel" class:panel-marked=advice.is_some() aria-labelledby="codes">
            <div class="panel-head">
                <h2 id="codes">"Recovery codes"</h2>
                <div class="panel-actions">
                    <a class="button" href=paths::SECOND_FACTOR_CODES>
                        "Make new ones"
                    </a>
                </div>
            </div>
            <p class="panel-intro">
                "Each signs you in once in place of your app or passkey. If you have lost these and the codes as well, an \
                owner or admin of your account can reset your second factor."
            </p>
            <dl class="facts">
                <div>
                    <dt>"Left"</dt>
                    <dd>{has.codes_left} " of 10"</dd>
                </div>
                {has
                    .codes_made
                    .map(|at| {
                        view! {
                            <div>
                                <dt>"Made"</dt>
                                <dd>
                                    <Time moment=at />
                                </dd>
                            </div>
                        }
                    })}
            </dl>
            {advice.map(|advice| view! { <p>{advice}</p> })}
        </section>
    }
}

#[component]
fn Off() -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="turn-off">
            <div class="panel-head">
                <h2 id="turn-off">"Turn it off"</h2>
                <div class="panel-actions">
                    <a class="button" href=paths::SECOND_FACTOR_OFF>
                        "Turn off…"
                    </a>
                </div>
            </div>
            <p class="panel-intro">"Removes the app, all passkeys and the recovery codes."</p>
        </section>
    }
}
