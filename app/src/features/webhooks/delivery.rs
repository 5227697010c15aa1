//! Page `/projects/{id}/webhooks/deliveries/{delivery}`: what was sent, what was answered, and the button that sends it
//! again.

use domain::Permission;
use domain::webhooks::EventType;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;

use super::api::{ResendWebhook, get_delivery};
use super::list::NotForYou;
use super::views::{AttemptView, DeliveryPage};
use super::words::{DeliveryBadge, indented, outcome};
use crate::layout::{Frame, Place, load};
use crate::routes::paths;
use crate::ui::{
    Badge, Icon, Message, PageTitle, Shape, Time, Tone, Warning, bytes, prose, visible,
};
use crate::viewer::Viewer;

#[component]
pub(crate) fn WebhookDelivery() -> impl IntoView {
    let (project, id) = use_params_map().with_untracked(|map| {
        (
            map.get("project").unwrap_or_default(),
            map.get("delivery").unwrap_or_default(),
        )
    });
    view! {
        <Frame place=Place::Projects>
            {if Viewer::current().may(Permission::ManageWebhooks) {
                load(get_delivery(project, id), |page| view! { <Page page=page /> }).into_any()
            } else {
                view! { <NotForYou /> }.into_any()
            }}
        </Frame>
    }
}

#[component]
fn Page(page: DeliveryPage) -> impl IntoView {
    let refused = Viewer::current()
        .refusal_of::<ResendWebhook>()
        .map(|error| error.sentence());
    let delivery = page.delivery.clone();
    let (event, is_off) = (delivery.event_type, page.is_endpoint_off);
    let body = indented(&page.body);
    let is_open = u64::from(delivery.attempts) > page.attempts.len() as u64;
    let size = bytes(page.body.len() as u64);
    view! {
        <PageTitle text=format!("{} · Webhooks · Reelgate", event.as_str()) />
        <p class="back">
            <a href=paths::webhook(&page.project, &page.endpoint)>
                <Icon shape=Shape::Left />
                "Deliveries of the endpoint"
            </a>
        </p>
        <Message text=Signal::stored(refused) />
        <section class="panel" aria-labelledby="delivery">
            <div class="panel-head">
                <h2 id="delivery" class="panel-title">
                    {event.as_str()}
                    <DeliveryBadge delivery=delivery.clone() is_off=is_off />
                </h2>
                {(!is_off)
                    .then(|| {
                        view! {
                            <form class="panel-actions" method="post" action=ResendWebhook::PATH>
                                <input type="hidden" name="project" value=page.project.clone() />
                                <input type="hidden" name="delivery" value=delivery.id.clone() />
                                <button type="submit" class="button">
                                    "Send again"
                                </button>
                            </form>
                        }
                    })}
            </div>
            {is_off
                .then(|| {
                    view! {
                        <Warning>
                                "The endpoint is off, so nothing is sent to it. "
                                <a href=paths::webhook(&page.project, &page.endpoint)>"Turn it on"</a> " to send this again."
                        </Warning>
                    }
                })}
            <dl class="facts">
                <div>
                    <dt>"To"</dt>
                    <dd>
                        <code>{visible(&page.url)}</code>
                    </dd>
                </div>
                <div>
                    <dt>"Message id"</dt>
                    <dd>
                        <code>{page.message_id.clone()}</code>
                    </dd>
                </div>
                <div>
                    <dt>"Written"</dt>
                    <dd>
                        <Time moment=delivery.created.clone() />
                    </dd>
                </div>
                {delivery
                    .next
                    .clone()
                    .filter(|_| !is_off)
                    .map(|next| {
                        view! {
                            <div>
                                <dt>"Next attempt"</dt>
                                <dd>
                                    <Time moment=next />
                                </dd>
                            </div>
                        }
                    })}
                {delivery
                    .session
                    .clone()
                    .map(|session| {
                        view! {
                            <div>
                                <dt>"Session"</dt>
                                <dd>
                                    <a href=paths::session(session)>"Open the session"</a>
                                </dd>
                            </div>
                        }
                    })}
            </dl>
            {(event == EventType::Test).then(|| view! { <p class="hint">"A test is tried once. Reload this page to see what came of it."</p> })}
        </section>
        <section class="panel" aria-labelledby="body">
            <h2 id="body">"Body"</h2>
            <p class="panel-intro">{format!("{size}, sent without these line breaks; the same bytes on every attempt.")}</p>
            <pre class="wire" tabindex="0" aria-labelledby="body">{body}</pre>
        </section>
        <section class="panel" aria-labelledby="attempts">
            <h2 id="attempts">"Attempts"</h2>
            {is_open
                .then(|| {
                    view! {
                        <p class="hint">"An attempt is under way, or was cut short when the server stopped: then it is made again."</p>
                    }
                })}
            {if page.attempts.is_empty() {
                view! { <p class="none">"No attempt has ended yet. This takes a moment at most: reload the page."</p> }.into_any()
            } else {
                let attempts = page.attempts.into_iter().enumerate();
                attempts
                    .map(|(place, attempt)| view! { <OneAttempt attempt=attempt is_open=place == 0 /> })
                    .collect_view()
                    .into_any()
            }}
        </section>
    }
}

#[component]
fn OneAttempt(attempt: AttemptView, is_open: bool) -> impl IntoView {
    let is_good = attempt
        .status
        .is_some_and(|status| (200..300).contains(&status));
    let (tone, word) = if is_good {
        (Tone::Green, "Taken")
    } else {
        (Tone::Red, "Failed")
    };
    let reply = if attempt.is_reply_whole {
        "Body of the answer"
    } else {
        "Beginning of the body of the answer"
    };
    let body = prose(&attempt.reply_body);
    view! {
        <details class="attempt" open=is_open>
            <summary>
                <span class="attempt-head">
                    <strong>{format!("Attempt {}", attempt.number)}</strong>
                    <Badge tone=tone text=word />
                    <span>{outcome(attempt.status, attempt.error.as_deref())}</span>
                    <span class="attempt-when">
                        <Time moment=attempt.began />
                        {format!(", {} ms", attempt.duration_ms)}
                    </span>
                </span>
            </summary>
            <h3>"Headers sent"</h3>
            <Headers label="Headers sent" headers=attempt.request_headers />
            {attempt
                .status
                .is_some()
                .then(|| {
                    view! {
                        <h3>"Headers of the answer"</h3>
                        <Headers label="Headers of the answer" headers=attempt.reply_headers />
                        {if body.is_empty() {
                            view! { <p class="hint">"The answer had no body."</p> }.into_any()
                        } else {
                            view! {
                                <h3>{reply}</h3>
                                <pre class="wire" tabindex="0" aria-label=reply>{body}</pre>
                            }
                                .into_any()
                        }}
                    }
                })}
        </details>
    }
}

#[component]
fn Headers(label: &'static str, headers: Vec<(String, String)>) -> impl IntoView {
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| prose(&format!("{name}: {value}")))
        .collect();
    view! { <pre class="wire" tabindex="0" aria-label=label>{lines.join("\n")}</pre> }
}
